"""Deciding once more on what a decision was made on, as it was or with something changed.

Nothing is kept or reported. A decision that came from the cache finds there what it found; with
something changed, the cache is not asked, because its keys would be others.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Protocol

from pydantic import JsonValue, ValidationError

from cairn.configuration.model import Kind, Snapshot, address
from cairn.decisions.answering import usage_of
from cairn.decisions.cascade import OUT_OF_TIME, Outcome, Tier, run
from cairn.decisions.consulted import Inputs, Published
from cairn.decisions.finding import Finding, Pass, Source
from cairn.decisions.forms import Form, Forms
from cairn.decisions.lineup import Lineups, Situation
from cairn.decisions.memoized_models import MemoizedModels
from cairn.decisions.model_port import ModelPort, Words
from cairn.decisions.plan_cache import PlanCache
from cairn.decisions.record import Record
from cairn.decisions.recorded_models import RecordedModels
from cairn.decisions.replay import ReplayRequest, ReplayView
from cairn.decisions.surface import OfWorkspace, Surface
from cairn.decisions.tiers import Fallback
from cairn.llm.documents import ModelsDocument
from cairn.platform.clock import Deadline
from cairn.platform.errors import NotFound, Unprocessable

NOBODY: Final = "replay"
"""By whom budgets count what a replay asks."""


class Archive(Protocol):
    """Decisions, and configuration as it was."""

    def find(self, workspace: str, decision_id: str, now: datetime) -> Record | None:
        """A decision, or None."""
        ...

    def published(self, workspace: str, kind: Kind, name: str, version: int) -> Published | None:
        """A document as it once was published, or None."""
        ...

    def snapshot(self, workspace: str, documents: Mapping[str, Published]) -> Snapshot:
        """These documents at hand.

        Raises:
            StoreUnavailable: one cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True)
class Found[Choice]:
    """The cache as the decision met it."""

    finding: Finding[Choice]
    source: Source = field(default="cache", init=False)

    def find(self, case: object, deadline: Deadline) -> Finding[Choice] | Pass:  # noqa: ARG002  # it is known
        """See `Tier.find`."""
        return self.finding


@dataclass(frozen=True, slots=True)
class OutOfTime:
    """A tier for which there was no time."""

    source: Source

    def find(self, case: object, deadline: Deadline) -> Pass:  # noqa: ARG002  # as it was
        """See `Tier.find`."""
        return Pass(OUT_OF_TIME.code, degraded=OUT_OF_TIME)


class Replays[Doc, Case: OfWorkspace, Choice]:
    """Replays decisions of one surface.

    Args:
        surface: whose decisions.
        words: its words for models.
        plans: a cache that is empty and stays so.
        finding: the type of its findings.
        models: who is asked where a model is named.
    """

    def __init__(
        self,
        surface: Surface[Doc, Case, Choice],
        words: Words[Doc, Case, Choice],
        plans: PlanCache[Doc, Case, Choice],
        finding: type[Finding[Choice]],
        models: ModelPort,
    ) -> None:
        self._surface = surface
        self._words = words
        self._plans = plans
        self._finding = finding
        self._models = models
        self._forms = Forms(surface, Lineups(surface, plans, words))

    def replay(
        self, archive: Archive, record: Record, asked: ReplayRequest, deadline: Deadline
    ) -> ReplayView[JsonValue]:
        """What would be decided.

        Raises:
            NotFound: there is no such version of the flow, no such model, no such variation.
            Unprocessable: the decision is too old to be replayed, or the flow cannot be read.
            StoreUnavailable: the configuration of then cannot be read.
        """
        if record.inputs is None:
            raise Unprocessable("This decision cannot be replayed.", code="decision.not_replayable")
        documents = _documents(archive, record, record.inputs, asked)
        snapshot = archive.snapshot(record.workspace, documents)
        form, variation = self._form(snapshot, record, record.inputs, asked)
        doc = form.doc
        models = self._words.order(doc).models
        snapshot = _asking(snapshot, asked.model, models)
        known = record.inputs.documents[_decided_on(record)].digest == form.document.digest
        case = self._surface.revisited(doc, record.workspace, record.attributes, known)
        recorded = RecordedModels(record.consulted, exactly=asked.changes)
        once = MemoizedModels(self._models if asked.model else recorded)
        situation = Situation(doc, case, snapshot, NOBODY, record.inputs.recent, record.inputs.now)
        tiers = self._tiers(situation, record, asked, once)
        outcome = run(case, tiers, Fallback(self._surface), self._surface.admits, deadline)
        plan = self._surface.plan(case, outcome.finding.choice).model_dump(mode="json")
        version = snapshot.documents[_flow(record)].version
        return _view(record, (version, variation), form.told(outcome), plan, (recorded, once))

    def _form(
        self, snapshot: Snapshot, record: Record, inputs: Inputs, asked: ReplayRequest
    ) -> tuple[Form[Doc], str | None]:
        """What is decided on, and the variation that it is of."""
        flow = self._forms.published(snapshot, record.answer.flow)
        variation = asked.variation or inputs.variation
        if asked.variation and self._surface.variant(flow.doc, asked.variation) is None:
            raise NotFound("The flow has no such variation.", code="variation.not_found")
        if not inputs.served and not asked.changes:
            form = replace(flow, served=False)
        else:
            form = self._forms.varied(snapshot, flow, variation) if variation else flow
        if asked.threshold is not None:
            form = replace(form, doc=self._surface.with_threshold(form.doc, asked.threshold))
        return form, variation if form.served else None

    def _tiers(
        self,
        situation: Situation[Doc, Case],
        record: Record,
        asked: ReplayRequest,
        models: MemoizedModels,
    ) -> tuple[Tier[Case, Choice], ...]:
        order = self._words.order(situation.doc)
        other = replace(
            order,
            tiers=order.tiers if asked.tiers is None else asked.tiers,
            choice=order.choice if asked.choice_threshold is None else asked.choice_threshold,
            llm=order.llm if asked.llm_threshold is None else asked.llm_threshold,
        )
        words = replace(self._words, order=lambda _: other)
        tiers = Lineups(self._surface, self._plans, words).of(situation, models).tiers
        if asked.changes:
            return tiers
        first, *rest = tiers
        if record.answer.source == "cache":
            first = Found(self._remembered(record))
        late = {each.source for each in record.attempts if each.outcome == OUT_OF_TIME.code}
        return tuple(
            OutOfTime(each.source) if each.source in late else each for each in (first, *rest)
        )

    def _remembered(self, record: Record) -> Finding[Choice]:
        answer = record.answer
        try:
            return self._finding.model_validate(
                {
                    "choice": record.choice,
                    "confidence": answer.confidence,
                    "reasons": answer.reasons,
                    "evidence": record.evidence,
                    "judgement": next(iter(record.judgements), None),
                }
            )
        except ValidationError as error:
            raise Unprocessable(
                "This decision cannot be replayed.", code="decision.not_replayable"
            ) from error


def _documents(
    archive: Archive, record: Record, inputs: Inputs, asked: ReplayRequest
) -> Mapping[str, Published]:
    """What was published then, with the flow in the version that is asked for."""
    if asked.flow_version is None:
        return inputs.documents
    kind, flow = Kind.FLOW, record.answer.flow
    other = archive.published(record.workspace, kind, flow, asked.flow_version)
    if other is None:
        raise NotFound("There is no such version of the flow.", code="flow.not_found")
    return {**inputs.documents, _flow(record): other}


def _asking(snapshot: Snapshot, model: str | None, document_id: str) -> Snapshot:
    """The snapshot with the named provider as the only one.

    Raises:
        NotFound: there is no such provider.
    """
    name = address(Kind.MODELS, document_id)
    document = snapshot.documents.get(name)
    if model is None:
        return snapshot
    models = ModelsDocument.model_validate_json(document.body) if document else None
    named = [each for each in models.providers if each.id == model] if models else []
    if models is None or document is None or not named:
        raise NotFound("There was no such model.", code="model.not_found")
    body = models.model_copy(update={"providers": tuple(named)}).model_dump_json()
    documents = {**snapshot.documents, name: replace(document, body=body)}
    return replace(snapshot, documents=documents)


def _flow(record: Record) -> str:
    return address(Kind.FLOW, record.answer.flow)


def _decided_on(record: Record) -> str:
    other = record.inputs.decided_on if record.inputs else None
    return other or _flow(record)


def _view[Choice](
    record: Record,
    flow: tuple[int, str | None],
    outcome: Outcome[Choice],
    plan: JsonValue,
    asked: tuple[RecordedModels, MemoizedModels],
) -> ReplayView[JsonValue]:
    answer, finding = record.answer, outcome.finding
    version, variation = flow
    recorded, models = asked
    now = (outcome.source, plan, finding.confidence, finding.reasons)
    return ReplayView(
        decision_id=answer.id,
        flow_version=version,
        variation=variation,
        source=outcome.source,
        plan=plan,
        confidence=finding.confidence,
        reasons=finding.reasons,
        same=now == (answer.source, answer.plan, answer.confidence, answer.reasons),
        attempts=outcome.attempts,
        judgements=outcome.judgements,
        degraded=outcome.degraded[0] if outcome.degraded else None,
        unheard=tuple(recorded.unheard),
        usage=usage_of([each.called for each in models.asked]),
    )
