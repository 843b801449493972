"""How an outcome of the cascade becomes the answer, and the record that explains it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

from pydantic import JsonValue

from cairn.behavior.signals import Signals
from cairn.decisions.asking import Asking
from cairn.decisions.assigned_variation import AssignedVariation, as_served
from cairn.decisions.cascade import Attempt, Outcome
from cairn.decisions.consulted import Consulted, Inputs
from cairn.decisions.finding import Degraded, PassedOver, Source
from cairn.decisions.model import Assignment, Decision, Timing, Usage
from cairn.decisions.record import Record
from cairn.llm.model import Usage as Tokens
from cairn.platform.observability.correlation import pseudonym


class Decided(NamedTuple):
    """What a decision consists of, in the words of its surface; see `Record`."""

    surface: str
    flow_version: int
    session_id: str
    subject_id: str | None
    plan: JsonValue
    step: str
    persona: str | None
    attributes: Mapping[str, JsonValue]
    behavior: Signals
    choice: JsonValue
    passed_over: tuple[PassedOver, ...]
    consulted: tuple[Consulted, ...]
    inputs: Inputs
    placed: tuple[AssignedVariation, ...] = ()


def record_of[Choice](asking: Asking, decided: Decided, outcome: Outcome[Choice]) -> Record:
    """The record of a decision, as long as nothing speaks against keeping it.

    Its parts were checked where they came from: here they are only put together.
    """
    placed = as_served(decided.placed, outcome.degraded)
    return Record.model_construct(
        workspace=asking.workspace,
        surface=decided.surface,
        decided_at=asking.now,
        subject=pseudonym(asking.workspace, decided.subject_id) if decided.subject_id else None,
        answer=_answer(asking, decided, outcome, placed),
        step=decided.step,
        attributes=decided.attributes,
        persona=decided.persona,
        attempts=outcome.attempts,
        evidence=outcome.evidence,
        degraded=outcome.degraded,
        choice=decided.choice,
        passed_over=decided.passed_over,
        judgements=outcome.judgements,
        cache_layer=outcome.finding.layer,
        consulted=decided.consulted,
        inputs=decided.inputs,
        placed=placed,
    )


def unkept(record: Record, degraded: Degraded, *, session_known: bool) -> Record:
    """A record that could not be kept: it cannot be explained, nor a new session be resumed."""
    answer = record.answer
    told = {
        "degraded": degraded,
        "explanation": None,
        "session_id": answer.session_id if session_known else None,
    }
    return record.model_copy(
        update={
            "answer": answer.model_copy(update=told),
            "degraded": tuple(dict.fromkeys((degraded, *record.degraded))),
        }
    )


def finished(record: Record, asking: Asking) -> Decision[JsonValue]:
    """The answer with the time that it really took."""
    timing = replace(record.answer.timing_ms, total=asking.elapsed_ms)
    return record.answer.model_copy(update={"timing_ms": timing})


def _answer[Choice](
    asking: Asking, decided: Decided, outcome: Outcome[Choice], placed: Sequence[AssignedVariation]
) -> Decision[JsonValue]:
    return Decision[JsonValue].model_construct(
        id=asking.decision_id,
        session_id=decided.session_id,
        flow=asking.request.flow,
        flow_version=decided.flow_version,
        source=outcome.source,
        plan=decided.plan,
        confidence=outcome.finding.confidence,
        reasons=outcome.finding.reasons,
        experiments=tuple(Assignment(each.key, each.variation) for each in placed if each.served),
        behavior=decided.behavior,
        degraded=outcome.degraded[0] if outcome.degraded else None,
        timing_ms=_timing(asking, outcome.attempts),
        usage=usage_of(decided.consulted),
        trace_id=asking.trace_id,
        explanation=f"/v1/decisions/{asking.decision_id}/explanation",
    )


def _timing(asking: Asking, attempts: Sequence[Attempt]) -> Timing:
    return Timing(
        total=asking.elapsed_ms,
        cache=_took_ms(attempts, "cache"),
        rules=_took_ms(attempts, "rules"),
        model=_took_ms(attempts, "choice", "llm"),
    )


class Paid(Protocol):
    """Whatever says what a call of a model took."""

    @property
    def usage(self) -> Tokens: ...  # noqa: D102  # see `Consulted`
    @property
    def cost_usd(self) -> float: ...  # noqa: D102  # the same


def usage_of(paid: Sequence[Paid]) -> Usage:
    """What models were paid for; what was lost to retries is in the cost, and in the record."""
    return Usage(
        input_tokens=sum(each.usage.input_tokens for each in paid),
        output_tokens=sum(each.usage.output_tokens for each in paid),
        cost_usd=round(sum(each.cost_usd for each in paid), 9),
    )


def _took_ms(attempts: Sequence[Attempt], *sources: Source) -> float | None:
    took = [each.took_ms for each in attempts if each.source in sources]
    return round(sum(took), 3) if took else None
