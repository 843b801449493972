"""The words of behavior: what is remembered of a session's last events."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from cairn.events.model import Event, Owner
from cairn.events.registry import LLM_CALLED, REQUEST_COMPLETED
from cairn.platform.clock import epoch_ms

RECENT_EVENTS: Final = 50
"""How many of a session's last events are remembered."""

UNDONE: Final = frozenset({LLM_CALLED, REQUEST_COMPLETED})
"""Types of what only Cairn did: it says nothing of the visitor, and is not remembered."""

NAME_LENGTH: Final = 64
"""How much of a step's or field's name is remembered."""

FOLD_STATE: Final = "fold#state"
"""Sort key of the item in which the fold keeps a session's recent events."""


class RecentEvent(NamedTuple):
    """One remembered event; no values that a visitor typed.

    Attributes:
        type: its type.
        at_ms: when it happened, milliseconds after the epoch.
        step: the step it names, if any.
        field: the field it names, if any.
    """

    type: str
    at_ms: int
    step: str | None = None
    field: str | None = None


type Recent = tuple[RecentEvent, ...]
"""A session's last events by time, at most `RECENT_EVENTS`."""


def recent_event(event: Event) -> RecentEvent:
    """What is remembered of an event."""
    return RecentEvent(event.type, epoch_ms(event.at), _name(event, "step"), _name(event, "field"))


def remembered(recent: Recent, more: Iterable[RecentEvent]) -> Recent:
    """`recent` with `more` in their places; equal events are one, the oldest are forgotten."""
    merged = dict.fromkeys(each for each in (*recent, *more) if each.type not in UNDONE)
    return tuple(sorted(merged, key=_at_ms)[-RECENT_EVENTS:])


def session_partition(workspace: str, session_id: str) -> str:
    """The partition key of everything that is kept of a session."""
    return Owner("session", session_id).partition(workspace)


def _at_ms(event: RecentEvent) -> int:
    return event.at_ms


def _name(event: Event, attribute: str) -> str | None:
    text = event.text(attribute) if attribute in event.attributes else None
    return text[:NAME_LENGTH] if text else None
