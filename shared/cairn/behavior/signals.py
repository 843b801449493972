"""What a session's last events say about the visitor.

Hesitations and corrections are counted over the *stay*: the remembered events since the last
`step.completed`, that is, since the visitor last got on. Engagement is counted over all that is
remembered, and abandonment risk over the whole session.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict

from cairn.behavior.model import Recent, RecentEvent
from cairn.behavior.risk import abandonment_risk
from cairn.behavior.summary import EMPTY, Summary
from cairn.events.registry import (
    ERROR_RAISED,
    FIELD_BLURRED,
    FIELD_CHANGED,
    FIELD_FOCUSED,
    STEP_BACK,
    STEP_COMPLETED,
)
from cairn.platform.clock import epoch_ms

HESITATION_MS: Final = 5_000
"""A field that keeps the cursor longer than this without a change makes a hesitation, unless its
flow says otherwise."""

HALF_LIFE_MS: Final = 60_000
"""After this time an action counts half towards engagement."""

WEIGHTS: Final = {
    FIELD_CHANGED: 1.0,
    STEP_COMPLETED: 2.0,
    "conversion.completed": 2.0,
    FIELD_BLURRED: 0.0,
    ERROR_RAISED: 0.0,
}
"""How much an action counts towards engagement."""

OTHER_WEIGHT: Final = 0.5
"""How much any other action counts."""


@dataclass(frozen=True, slots=True)
class Behavior:
    """What a session did, and how it is to be looked at.

    Attributes:
        recent: its last events, by time.
        summary: all of it in numbers.
        shown_at: when the step on screen was decided; None before the first.
        hesitation_ms: see `HESITATION_MS`.
    """

    recent: Recent = ()
    summary: Summary = EMPTY
    shown_at: datetime | None = None
    hesitation_ms: int = HESITATION_MS


class Signals(BaseModel):
    """What behavior says at one moment.

    Attributes:
        hesitations: fields that kept the cursor too long without a change.
        corrections: changes of a field that was changed before, and steps back.
        time_on_step_ms: since the step was shown, milliseconds; 0 where none is shown.
        abandonment_risk: probability, 0 to 1, that the visit does not convert if it ends as it
            stands, see `cairn.behavior.risk`; None where there is nothing to go on.
        engagement: 0 to 1, see `engagement`.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    hesitations: int
    corrections: int
    time_on_step_ms: int
    abandonment_risk: float | None
    engagement: float


def signals(behavior: Behavior, now: datetime) -> Signals:
    """The signals of a session at present."""
    stay, now_ms = _stay(behavior.recent), epoch_ms(now)
    shown_at = behavior.shown_at
    return Signals(
        hesitations=hesitations(stay, now_ms, behavior.hesitation_ms),
        corrections=corrections(stay),
        time_on_step_ms=max(0, now_ms - epoch_ms(shown_at)) if shown_at else 0,
        abandonment_risk=abandonment_risk(behavior.summary),
        engagement=engagement(behavior.recent, now_ms),
    )


def hesitations(stay: Sequence[RecentEvent], now_ms: int, patience_ms: int) -> int:
    """How many times the cursor stood in a field for more than `patience_ms` unused."""
    focused = [place for place, event in enumerate(stay) if event.type == FIELD_FOCUSED]
    return sum(_unused_ms(stay, place, now_ms) > patience_ms for place in focused)


def corrections(stay: Sequence[RecentEvent]) -> int:
    """Changes of fields that were changed before, and steps back."""
    changed = [event.field for event in stay if event.type == FIELD_CHANGED]
    backs = sum(event.type == STEP_BACK for event in stay)
    return len(changed) - len(set(changed)) + backs


def engagement(recent: Recent, now_ms: int) -> float:
    """1 - 2^-a, rounded to 0.01, where `a` sums what was done, each halved every minute.

    0 where nothing is remembered; one change of a field just now gives 0.5, four give 0.94.
    """
    acted = sum(
        WEIGHTS.get(event.type, OTHER_WEIGHT) * 2 ** (-max(0, now_ms - event.at_ms) / HALF_LIFE_MS)
        for event in recent
    )
    return round(1 - 2**-acted, 2)


def _stay(recent: Recent) -> Recent:
    completed = [place for place, each in enumerate(recent) if each.type == STEP_COMPLETED]
    return recent[completed[-1] + 1 :] if completed else recent


def _unused_ms(stay: Sequence[RecentEvent], place: int, now_ms: int) -> int:
    """How long the field focused at `place` kept the cursor before anything came of it."""
    focus = stay[place]
    after = (event for event in stay[place + 1 :] if _ends(focus, event))
    end = next(after, None)
    return (end.at_ms if end else now_ms) - focus.at_ms


def _ends(focus: RecentEvent, event: RecentEvent) -> bool:
    return event.type in (FIELD_FOCUSED, STEP_BACK) or (
        event.field == focus.field and event.type in (FIELD_CHANGED, FIELD_BLURRED)
    )
