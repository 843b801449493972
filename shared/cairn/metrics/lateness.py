"""What still counts of events that come late.

Minutes are kept for two days. An event whose minute has been over for longer counts in its hour
and its day, as long as these are kept, and as `late` in the bucket of its arrival.
"""

from datetime import datetime, timedelta
from typing import Final

from cairn.metrics.model import Resolution

LATE_AFTER: Final = timedelta(days=2)
"""An event is late when its minute has been over for longer than this."""

type Kept = tuple[tuple[Resolution, int], ...]
"""The resolutions in which an instant still counts, with the length of their keys."""

EVERY: Final[Kept] = tuple((each, each.key_length) for each in Resolution)


class Lateness:
    """What is late at one instant.

    Attributes:
        minute: the key of the instant's minute.
    """

    __slots__ = ("_gone", "_over", "minute")

    def __init__(self, now: datetime) -> None:
        self.minute = Resolution.MINUTE.key(now)
        self._over = Resolution.MINUTE.key(now - LATE_AFTER - Resolution.MINUTE.width)
        self._gone = {each: each.key(now - each.kept) for each, _ in EVERY}

    def concerns(self, minute: str) -> bool:
        """Whether a minute, by its key, has been over for too long."""
        return minute < self._over

    def kept(self, minute: str) -> Kept:
        """The resolutions in which a minute still counts."""
        if not self.concerns(minute):
            return EVERY
        coarser = EVERY[1:]
        return tuple(each for each in coarser if minute[: each[1]] > self._gone[each[0]])
