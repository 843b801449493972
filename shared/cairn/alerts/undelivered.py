"""Notices on their way: claimed by one run, settled when channels have taken them; pure rules."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Final

from cairn.alerts.model import Channel
from cairn.alerts.state import AlertState, Undelivered

CLAIM: Final = timedelta(seconds=55)
"""How long a run may take to deliver what it claimed: it is over before the next minute's run."""

KEPT: Final = timedelta(days=1)
"""How long a channel that does not answer is tried."""

type Told = tuple[str, Channel]
"""A notice's id, and a channel that has taken it."""


def claimed(state: AlertState, now: datetime) -> AlertState:
    """The state with its undelivered notices taken by one run; the same where there is nothing."""
    if not state.undelivered or (state.claimed_until is not None and now < state.claimed_until):
        return state
    return state.model_copy(update={"claimed_until": now + CLAIM})


def settled(
    state: AlertState, claim: datetime | None, told: Collection[Told], now: datetime
) -> AlertState:
    """The state after a delivery: rid of what was told, and of what nobody took for `KEPT`.

    Args:
        state: as it stands now.
        claim: until when the delivery's claim ran; a later claim of another run is left alone.
        told: what channels have taken.
        now: the instant of the run.
    """
    kept = tuple(each for each in _untold(state, told) if now - each.notice.at < KEPT)
    until = None if state.claimed_until == claim else state.claimed_until
    return state.model_copy(update={"undelivered": kept, "claimed_until": until})


def given_up(state: AlertState, told: Collection[Told], now: datetime) -> list[str]:
    """The ids of notices that some channel did not take for `KEPT`; `settled` drops them."""
    old = (each.notice for each in _untold(state, told) if now - each.notice.at >= KEPT)
    return [notice.id for notice in old]


def _untold(state: AlertState, told: Collection[Told]) -> Iterator[Undelivered]:
    for pending in state.undelivered:
        left = tuple(each for each in pending.channels if (pending.notice.id, each) not in told)
        if left:
            yield pending.model_copy(update={"channels": left})
