"""What a request reports: its own events, and that a decision was made."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from pydantic import JsonValue

from cairn.decisions.record import Record
from cairn.decisions.session import Session
from cairn.events.admission import Admitted, Sender, admit
from cairn.events.formats import plain
from cairn.events.model import Event
from cairn.events.registry import REGISTRY
from cairn.platform.errors import InvalidRequest, Violation
from cairn.platform.ids import derived_id

SOURCE: Final = "decide-next-step"
"""Owns what is reported outside of any kept session."""

CLOCK_CODES: Final = frozenset({"event.in_future", "event.too_old"})
"""Refusals that only say that the visitor's clock is wrong: no reason not to decide."""


def own_events(
    raw: Sequence[Mapping[str, JsonValue]], session_id: str, now: datetime
) -> tuple[Event, ...]:
    """The events that came along with a request, as events of its session.

    Events that only miss the clock are left out.

    Raises:
        InvalidRequest: an event is not one, or of another session; points at each.
    """
    of_session = [{"session_id": session_id, **event} for event in raw]
    sender = Sender(brings_sessions=True, trusted=False)
    admitted = admit([plain(each) for each in of_session], sender, now)
    violations = [*_refused(admitted), *_foreign(admitted, session_id)]
    if violations:
        raise InvalidRequest(
            "The body breaks the contract.", code="request.invalid", violations=violations
        )
    return tuple(event for _, event in admitted.events)


def discreet(events: Iterable[Event], personal: frozenset[str]) -> tuple[Event, ...]:
    """Events without anything that stands beside the name of a personal field."""
    return tuple(_bare(each) if each.text("field") in personal else each for each in events)


def decision_made(record: Record) -> Event:
    """The event of a decision; its id is derived from the decision's, so it counts once."""
    answer, now = record.answer, record.decided_at
    attributes = {
        "source": answer.source,
        "surface": record.surface,
        "flow": answer.flow,
        "flow_version": answer.flow_version,
        "step": record.step,
        "confidence": answer.confidence,
        "latency_ms": answer.timing_ms.total,
        "persona": record.persona or "none",
        "degraded": answer.degraded.code if answer.degraded else "none",
        "cache": record.cache_layer or "none",
    }
    return Event(
        id=derived_id("evt", now, answer.id, "decision.made"),
        type="decision.made",
        at=now,
        session_id=answer.session_id,
        source=SOURCE,
        attributes=attributes,
    )


def session_started(session: Session) -> Event:
    """The event of a new session."""
    at = session.started_at
    return Event(
        id=derived_id("evt", at, session.id, "session.started"),
        type="session.started",
        at=at,
        session_id=session.id,
        source=SOURCE,
        attributes={"flow": session.flow} if session.flow else {},
    )


def _refused(admitted: Admitted) -> list[Violation]:
    return [
        Violation(f"/events/{each.index}", each.code, each.detail)
        for each in admitted.rejected
        if each.code not in CLOCK_CODES
    ]


def _foreign(admitted: Admitted, session_id: str) -> list[Violation]:
    return [
        Violation(f"/events/{index}/session_id", "event.other_session", "It is another session's.")
        for index, event in admitted.events
        if event.session_id != session_id
    ]


def _bare(event: Event) -> Event:
    declared = REGISTRY[event.type].attributes if event.type in REGISTRY else {"field": None}
    kept = {name: value for name, value in event.attributes.items() if name in declared}
    return event.model_copy(update={"attributes": kept})
