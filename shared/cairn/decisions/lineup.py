"""Who decides in one request, and in which order: the cache first, the fallback last."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from pydantic import JsonValue, ValidationError

from cairn.behavior.model import Recent
from cairn.configuration.model import Document, Kind, Snapshot, address
from cairn.configuration.snapshots import Compiled
from cairn.decisions.cascade import Outcome, Tier
from cairn.decisions.choice_tier import Choosing
from cairn.decisions.consulted import Published
from cairn.decisions.finding import ModelTier, Source
from cairn.decisions.judging import Bar
from cairn.decisions.llm_tier import Proposing
from cairn.decisions.model_port import Consulting, ModelPort, Order, Words
from cairn.decisions.plan_cache import PlanCache
from cairn.decisions.prompts import Prompt, published_prompt
from cairn.decisions.proposal import Moment
from cairn.decisions.surface import OfWorkspace, Surface, Unreadable
from cairn.decisions.tiers import Absent, Recall, Ruled, Rules
from cairn.llm.documents import Capability, ModelsDocument

MODEL_TIERS: Final[tuple[ModelTier, ...]] = ("choice", "llm")
NEEDS: Final[Mapping[ModelTier, Capability]] = {"choice": "decisions", "llm": "tools"}
"""What a provider must be able to do for a tier."""


class Situation[Doc, Case](NamedTuple):
    """What a request's tiers are chosen for.

    Attributes:
        subject: pseudonym of whoever asks.
        recent: the session's last events.
    """

    doc: Doc
    case: Case
    snapshot: Snapshot
    subject: str
    recent: Recent
    now: datetime


@dataclass(frozen=True, slots=True)
class Lineup[Case, Choice]:
    """The tiers of one request, before the fallback.

    Attributes:
        exact: the key of what rules say where they read the same.
        similar: the key of what models say of similar cases; None where none is asked.
        documents: what they are made of besides the surface's document, by `<kind>/<id>`.
        prompt: the prompt as records name it.
    """

    tiers: tuple[Tier[Case, Choice], ...]
    exact: str
    similar: str | None = None
    documents: Mapping[str, Published] = field(default_factory=dict)
    prompt: str = ""

    @property
    def asks(self) -> bool:
        """Whether a model may be asked."""
        return self.similar is not None

    def key(self, outcome: Outcome[Choice]) -> str | None:
        """The key under which an outcome's finding is worth keeping, if it is.

        What a cache gave needs no keeping; what a fallback gave is not what others would say.
        What rules said only because a model was away is not kept either: it may be back at once.
        """
        if outcome.source in MODEL_TIERS:
            return self.similar
        asked = any(each.source in MODEL_TIERS for each in outcome.attempts)
        away = asked and bool(outcome.degraded)
        return self.exact if outcome.source == "rules" and not away else None


class Lineups[Doc, Case: OfWorkspace, Choice]:
    """Makes the lineup of each request, from what its document says of the cascade.

    A document that names model tiers gets them only where a prompt and models are published too;
    without words for models, a surface is decided by rules alone.
    """

    def __init__(
        self,
        surface: Surface[Doc, Case, Choice],
        plans: PlanCache[Doc, Case, Choice],
        words: Words[Doc, Case, Choice] | None,
    ) -> None:
        self._surface = surface
        self._plans = plans
        self._words = words
        self._prompts = Compiled(Kind.PROMPT, published_prompt)
        self._models = Compiled(Kind.MODELS, _models)

    def of(self, situation: Situation[Doc, Case], models: ModelPort | None) -> Lineup[Case, Choice]:
        """The lineup of a request."""
        order = self._order(situation.doc)
        named = [tier for tier in MODEL_TIERS if tier in order.tiers]
        consulting = self._consulting(order, situation, models) if named else None
        exact = self._plans.key(situation.case)
        if consulting is None:
            middle = [self._without(source) for source in order.tiers]
            return Lineup((Recall(self._plans, exact), *middle), exact)
        return self._with(order, situation, consulting, exact)

    def takes_effect(self, doc: Doc, variant: Doc, snapshot: Snapshot) -> bool:
        """Whether all that a variant says of a document's tiers can be done.

        Every model that it has asked otherwise must be there to be asked; rules always are.
        """
        own, other = self._order(doc), self._order(variant)
        changed = [
            each for each in MODEL_TIERS if other.manner(each) not in {None, own.manner(each)}
        ]
        if not changed:
            return True
        found = self._found(other, snapshot)
        return found is not None and all(found[0].offering(NEEDS[tier]) for tier in changed)

    def _order(self, doc: Doc) -> Order:
        return self._words.order(doc) if self._words else Order()

    def _with(
        self,
        order: Order,
        situation: Situation[Doc, Case],
        consulting: Consulting[Doc, Case, Choice],
        exact: str,
    ) -> Lineup[Case, Choice]:
        documents = _documents(order, situation.snapshot)
        digests: list[JsonValue] = [each.digest for each in documents.values()]
        alike = {**consulting.words.similar(situation.case), "documents": digests}
        similar = self._plans.key_of(situation.case, alike)
        rules = Ruled(self._surface)
        first = rules if order.tiers[0] == "rules" else None
        recall = Recall(self._plans, exact, similar, first)
        middle = [
            rules if source == "rules" else self._model(order, source, consulting)
            for source in order.tiers
        ]
        return Lineup(
            tiers=(recall, *middle),
            exact=exact,
            similar=similar,
            documents=documents,
            prompt=consulting.moment.prompt.label,
        )

    def _without(self, source: Source) -> Tier[Case, Choice]:
        return Rules(self._surface) if source == "rules" else Absent(source)

    def _model(
        self, order: Order, source: ModelTier, consulting: Consulting[Doc, Case, Choice]
    ) -> Tier[Case, Choice]:
        behind = order.tiers[order.tiers.index(source) + 1 :]
        shares = any(tier in behind for tier in MODEL_TIERS)
        if source == "choice":
            return Choosing(consulting, Bar("choice", order.choice, shares))
        return Proposing(consulting, Bar("llm", order.llm, shares))

    def _consulting(
        self, order: Order, situation: Situation[Doc, Case], models: ModelPort | None
    ) -> Consulting[Doc, Case, Choice] | None:
        found = self._found(order, situation.snapshot)
        if self._words is None or models is None or found is None:
            return None
        document, prompt = found
        return Consulting(
            models=models,
            workspace=situation.case.workspace,
            subject=situation.subject,
            document=document,
            words=self._words,
            moment=Moment(situation.recent, situation.now, prompt),
            step=self._surface.step,
        )

    def _found(self, order: Order, snapshot: Snapshot) -> tuple[ModelsDocument, Prompt] | None:
        """The models and the prompt of an order, if both are published and can be read."""
        models = self._models.of(snapshot).get(order.models)
        prompt = self._prompts.of(snapshot).get(order.prompt)
        if not isinstance(models, ModelsDocument) or not isinstance(prompt, Prompt):
            return None
        return models, prompt


def _models(document: Document) -> ModelsDocument | Unreadable:
    try:
        return ModelsDocument.model_validate_json(document.body)
    except ValidationError as error:
        return Unreadable(error.error_count())


def _documents(order: Order, snapshot: Snapshot) -> Mapping[str, Published]:
    named = (address(Kind.PROMPT, order.prompt), address(Kind.MODELS, order.models))
    found = {name: snapshot.documents[name] for name in named}
    return {
        name: Published(version=each.version, digest=each.digest) for name, each in found.items()
    }
