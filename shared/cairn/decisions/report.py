"""What a request reports: its own events, that a decision was made, and that it was answered."""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from pydantic import JsonValue

from cairn.decisions.asking import Asking
from cairn.decisions.model import Assignment
from cairn.decisions.record import Record
from cairn.decisions.session import Session
from cairn.events.model import Event
from cairn.events.own import DECIDE, START, About, Served, error_raised, request_completed
from cairn.events.registry import (
    DECISION_MADE,
    SESSION_STARTED,
    TRACE_ID,
    VARIATION_PREFIX,
    schema_of,
)
from cairn.platform.errors import InvalidRequest, Violation
from cairn.platform.ids import derived_id
from cairn.platform.observability.correlation import pseudonym

if TYPE_CHECKING:
    from cairn.events.admission import Admitted

SOURCE: Final = "decide-next-step"
"""Owns what is reported outside of any kept session; see `source_of`."""

BROKEN: Final = frozenset({"store_unavailable"})
"""What is missing in front of the visitor: the decision cannot be gone back to. Where a model or
the cache fails, the next best way decides; `degraded` tells."""

VARIATIONS: Final = 16
"""Variations that an event names at most, of flags whose keys are at most this long:"""

FLAG_LENGTH: Final = 54

CLOCK_CODES: Final = frozenset({"event.in_future", "event.too_old"})
"""Refusals that only say that the visitor's clock is wrong: no reason not to decide."""


def own_events(asking: Asking, session_id: str) -> tuple[Event, ...]:
    """The events that came along with a request, as events of its session.

    Events that only miss the clock are left out.

    Raises:
        InvalidRequest: an event is not one, or of another session; points at each.
    """
    if not asking.request.events:
        return ()
    from cairn.events.admission import Arrival, Sender, admit  # noqa: PLC0415  # few bring events
    from cairn.events.formats import plain  # noqa: PLC0415  # the same

    of_session = [{"session_id": session_id, **event} for event in asking.request.events]
    sender = Sender(asking.workspace, brings_sessions=True, trusted=False)
    arrival = Arrival(asking.now, asking.trace_id, asking.skew)
    admitted = admit([plain(each) for each in of_session], sender, arrival)
    violations = [*_refused(admitted), *_foreign(admitted, session_id)]
    if violations:
        raise InvalidRequest("The body is invalid.", code="request.invalid", violations=violations)
    return tuple(event for _, event in admitted.events)


def discreet(events: Iterable[Event], personal: frozenset[str]) -> tuple[Event, ...]:
    """Events without anything that stands beside the name of a personal field."""
    return tuple(_bare(each) if each.text("field") in personal else each for each in events)


def source_of(made: str) -> str:
    """Who reports something outside of any kept session, by the id of what was made.

    There are 256 such sources: while no session can be kept, one alone would hold up everything
    in its message group.
    """
    return f"{SOURCE}/{made[-2:]}"


def answered(record: Record, asking: Asking) -> tuple[Event, ...]:
    """The events of a request that a decision answers: that it did, and what broke meanwhile."""
    answer = record.answer
    served = Served(DECIDE, HTTPStatus.OK, asking.elapsed_ms, answer.trace_id, answer.flow)
    about = About(
        source=_source(record),
        made=answer.id,
        at=record.decided_at,
        session_id=answer.session_id,
        subject=record.subject,
    )
    broken = (each.code for each in record.degraded if each.code in BROKEN)
    return (
        *(error_raised(code, served, about) for code in broken),
        request_completed(served, about),
    )


def decision_made(record: Record) -> Event:
    """The event of a decision; its id is derived from the decision's, so it counts once."""
    answer, now = record.answer, record.decided_at
    attributes = {
        **_variations(answer.experiments),
        "source": answer.source,
        "surface": record.surface,
        "flow": answer.flow,
        "flow_version": answer.flow_version,
        "step": record.step,
        **_sent(record),
        "confidence": answer.confidence,
        "latency_ms": answer.timing_ms.total,
        "persona": record.persona or "none",
        "degraded": answer.degraded.code if answer.degraded else "none",
        "cache": record.cache_layer or "none",
        **_fields_shown(answer.plan),
        TRACE_ID: answer.trace_id,
    }
    return Event(
        id=derived_id("evt", now, answer.id, DECISION_MADE),
        type=DECISION_MADE,
        at=now,
        session_id=answer.session_id,
        source=_source(record),
        subject=record.subject,
        attributes=attributes,
    )


def _sent(record: Record) -> dict[str, str]:
    """The step that was on screen, where the request left nothing to ask in it."""
    session = record.attributes.get("session")
    known = session if isinstance(session, dict) else {}
    step, done = known.get("step"), known.get("steps_done")
    if isinstance(step, str) and isinstance(done, list) and step in done:
        return {"sent": step}
    return {}


def session_started(session: Session, trace_id: str) -> Event:
    """The event of a new session."""
    at = session.started_at
    flow = {"flow": session.flow} if session.flow else {}
    return Event(
        id=derived_id("evt", at, session.id, SESSION_STARTED),
        type=SESSION_STARTED,
        at=at,
        session_id=session.id,
        source=SOURCE,
        subject=_pseudonym(session),
        attributes={**flow, TRACE_ID: trace_id},
    )


def started(session: Session, trace_id: str, latency_ms: float) -> tuple[Event, ...]:
    """The events of a request that started a session, and did nothing else."""
    served = Served(START, HTTPStatus.CREATED, latency_ms, trace_id, session.flow)
    begun = session_started(session, trace_id)
    about = About(SOURCE, begun.id, session.started_at, session.id, begun.subject)
    return begun, request_completed(served, about)


def _refused(admitted: "Admitted") -> list[Violation]:
    return [
        Violation(f"/events/{each.index}", each.code, each.detail)
        for each in admitted.rejected
        if each.code not in CLOCK_CODES
    ]


def _foreign(admitted: "Admitted", session_id: str) -> list[Violation]:
    return [
        Violation(
            f"/events/{index}/session_id", "event.other_session", "It belongs to another session."
        )
        for index, event in admitted.events
        if event.session_id != session_id
    ]


def _source(record: Record) -> str:
    return SOURCE if record.answer.session_id else source_of(record.answer.id)


def _pseudonym(session: Session) -> str | None:
    return pseudonym(session.workspace, session.subject_id) if session.subject_id else None


def _variations(experiments: Sequence[Assignment]) -> dict[str, str]:
    told = [each for each in experiments if len(each.key) <= FLAG_LENGTH][:VARIATIONS]
    return {VARIATION_PREFIX + each.key: each.variation for each in told}


def _fields_shown(plan: JsonValue) -> dict[str, int]:
    """How many fields a plan shows, on surfaces that show any."""
    fields = plan.get("fields") if isinstance(plan, dict) else None
    return {"fields_shown": len(fields)} if isinstance(fields, list) else {}


def _bare(event: Event) -> Event:
    declared = {*(schema_of(event.type) or {"field"}), TRACE_ID}
    kept = {name: value for name, value in event.attributes.items() if name in declared}
    return event.model_copy(update={"attributes": kept})
