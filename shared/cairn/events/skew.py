"""Clocks of senders: how far they are off, and what is done about it.

A batch may say when it was sent, by the clock that also dated its events. What that clock misses
at the arrival is added to them, so that they fall into the minutes in which they happened. The
way here is part of the difference; therefore small ones are left alone.
"""

from datetime import datetime, timedelta
from typing import Final

TOLERANCE: Final = timedelta(seconds=2)
"""So much may well be the way, not the clock."""

BELIEVED: Final = timedelta(hours=24)
"""Beyond this, what the sender says of its clock is not believed: nothing is corrected."""

NOTHING: Final = timedelta(0)


SENT_AT_HEADER: Final = "cairn-sent-at"
"""Says when a request was sent, where its body does not."""


def skew_of(sent_at: datetime | None, now: datetime) -> timedelta | None:
    """Our time less the sender's, at the arrival; None where the sender does not say."""
    return None if sent_at is None else now - sent_at


def correction(skew: timedelta | None) -> timedelta:
    """What is added to the times of a batch.

    Args:
        skew: our time less the sender's, at the arrival; None where it is not known.
    """
    return skew if skew is not None and TOLERANCE < abs(skew) <= BELIEVED else NOTHING


def corrected(at: datetime, added: timedelta) -> datetime:
    """A time by our clock; one at the end of the calendar stays, and is refused for its age."""
    try:
        return at + added
    except OverflowError:
        return at


def in_ms(skew: timedelta | None) -> int | None:
    """A difference in whole milliseconds."""
    return None if skew is None else round(skew / timedelta(milliseconds=1))
