"""What is reported of models: every call with its tokens and cost, and budgets that are spent."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cairn.decisions.asking import Asking
from cairn.decisions.consulted import Consulted
from cairn.decisions.memoized_models import AskedEither, consulted
from cairn.decisions.record import Record
from cairn.decisions.report import SOURCE, source_of
from cairn.events.model import Event
from cairn.events.registry import LLM_CALLED, TRACE_ID
from cairn.llm.model import Exceeded
from cairn.platform.ids import derived_id
from cairn.platform.observability.correlation import pseudonym

BY_SUBJECT: Final = "subject"
"""How the scopes begin that count by subject."""


@dataclass(frozen=True, slots=True)
class Paying:
    """Which decision paid.

    Attributes:
        session_id: None where it could not be started: then the report is nobody's.
    """

    workspace: str
    decision_id: str
    session_id: str | None
    subject: str | None
    flow: str
    flow_version: int | None
    trace_id: str
    now: datetime


def llm_called(record: Record) -> tuple[Event, ...]:
    """The events of the calls that a decision paid for."""
    paying = Paying(
        workspace=record.workspace,
        decision_id=record.answer.id,
        session_id=record.answer.session_id,
        subject=record.subject,
        flow=record.answer.flow,
        flow_version=record.answer.flow_version,
        trace_id=record.answer.trace_id,
        now=record.decided_at,
    )
    return tuple(_events(paying, record.consulted))


def paid(asking: Asking, asked: Iterable[AskedEither]) -> tuple[Event, ...]:
    """The events of calls for a decision that was not made in the end."""
    subject = asking.request.subject
    paying = Paying(
        workspace=asking.workspace,
        decision_id=asking.decision_id,
        session_id=asking.session.given,
        subject=pseudonym(asking.workspace, subject.id) if subject else None,
        flow=asking.request.flow,
        flow_version=None,
        trace_id=asking.trace_id,
        now=asking.now,
    )
    return tuple(_events(paying, [consulted(each, "") for each in asked]))


def _events(paying: Paying, calls: Iterable[Consulted]) -> Iterator[Event]:
    for call in calls:
        if call.attempts:
            yield _called(paying, call)
        if call.exceeded is not None and call.exceeded.first:
            yield _exceeded(paying, call.exceeded)


def _called(paying: Paying, call: Consulted) -> Event:
    last, usage = call.attempts[-1], call.usage
    version = {} if paying.flow_version is None else {"flow_version": paying.flow_version}
    return Event(
        id=derived_id("evt", paying.now, paying.decision_id, LLM_CALLED, call.asked),
        type=LLM_CALLED,
        at=paying.now,
        session_id=paying.session_id,
        source=SOURCE if paying.session_id else source_of(paying.decision_id),
        subject=paying.subject,
        attributes={
            "tier": call.tier,
            "provider": call.provider or last.provider,
            "model": call.model or last.model,
            "outcome": call.failure or "answered",
            "flow": paying.flow,
            **version,
            "prompt": call.prompt or "unknown",
            "attempts": len(call.attempts),
            "latency_ms": round(call.took_ms, 3),
            "tokens_uncached": usage.uncached,
            "tokens_cached": usage.cached,
            "tokens_written": usage.written,
            "tokens_output": usage.output,
            "tokens_reasoning": usage.reasoning,
            "tokens_lost": usage.lost,
            "tokens_estimated": usage.estimated,
            "cost_usd": call.cost_usd,
            TRACE_ID: paying.trace_id,
        },
    )


def _exceeded(paying: Paying, spent: Exceeded) -> Event:
    """The event of a spent budget: nobody's own, so that it counts once in its period."""
    began = datetime.fromisoformat(spent.period).replace(tzinfo=UTC)
    whose = paying.subject if spent.scope.startswith(BY_SUBJECT) else None
    return Event(
        id=derived_id("evt", began, paying.workspace, spent.scope, spent.period, whose or ""),
        type="quota.exceeded",
        at=paying.now,
        source=SOURCE,
        subject=whose,
        attributes={
            "scope": spent.scope,
            "period": spent.period,
            "limit": spent.limit,
            TRACE_ID: paying.trace_id,
        },
    )
