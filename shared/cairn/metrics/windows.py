"""Windows of time: how finely they are read, and where they begin and end.

A window is all whole buckets that hold any of its length before the present; the newest is still
under way. Up to 1 hour it is aligned to minutes, up to 7 days to hours, beyond to days. At most
`MOST` buckets are read of it: where its hours are more, whole days stand for theirs; of an hour and
of 60 days, which would need one bucket more, the newest `MOST`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final

from cairn.metrics.model import Resolution

WINDOWS: Final[Mapping[str, timedelta]] = MappingProxyType(
    {
        "5m": timedelta(minutes=5),
        "15m": timedelta(minutes=15),
        "1h": timedelta(hours=1),
        "6h": timedelta(hours=6),
        "24h": timedelta(hours=24),
        "7d": timedelta(days=7),
        "30d": timedelta(days=30),
    }
)
"""The windows that have a name."""

MOST: Final = 60
"""Buckets that are read of a window, at most, whatever its length."""

LONGEST: Final = timedelta(days=MOST)

_DAY: Final = Resolution.DAY.width


@dataclass(frozen=True, slots=True)
class Span:
    """A run of buckets.

    Attributes:
        start: where it begins, inclusive, in UTC.
        end: where it ends, exclusive.
    """

    resolution: Resolution
    start: datetime
    end: datetime

    @property
    def keys(self) -> tuple[str, str]:
        """The keys of its first and its last bucket."""
        last = self.end - self.resolution.width
        return self.resolution.key(self.start), self.resolution.key(last)

    @property
    def starts(self) -> list[datetime]:
        """Where each of its buckets begins."""
        return [self.start + self.resolution.width * number for number in range(len(self))]

    def __len__(self) -> int:
        return (self.end - self.start) // self.resolution.width


def span_of(length: timedelta, now: datetime) -> Span:
    """The aligned span of a window of `length` before `now`, to the end of the bucket under way.

    Raises:
        ValueError: the length is not positive, or beyond what can be read.
    """
    if not timedelta() < length <= LONGEST:
        raise ValueError(f"A window has more than 0 and at most {LONGEST.days} days.")
    resolution = resolution_of(length)
    start, end = floor(now - length, resolution), floor(now, resolution) + resolution.width
    if resolution is not Resolution.HOUR:
        start = max(start, end - MOST * resolution.width)
    return Span(resolution, start, end)


def resolution_of(length: timedelta) -> Resolution:
    """What a window of `length` is aligned to."""
    if length <= timedelta(hours=1):
        return Resolution.MINUTE
    return Resolution.HOUR if length <= timedelta(days=7) else Resolution.DAY


def cover(span: Span) -> tuple[Span, ...]:
    """The runs of buckets, `MOST` together at most, that hold exactly a span."""
    if len(span) <= MOST:
        return (span,)
    first = floor(span.start - Resolution.HOUR.width, Resolution.DAY) + _DAY
    last = floor(span.end, Resolution.DAY)
    runs = (
        Span(Resolution.HOUR, span.start, first),
        Span(Resolution.DAY, first, last),
        Span(Resolution.HOUR, last, span.end),
    )
    return tuple(each for each in runs if len(each))


def floor(at: datetime, resolution: Resolution) -> datetime:
    """The start of the bucket that holds `at`, in UTC."""
    return start_of(resolution.key(at.astimezone(UTC)))


def start_of(key: str) -> datetime:
    """The start of the bucket with this key."""
    full = f"{key}:00" if "T" in key and ":" not in key else key
    return datetime.fromisoformat(full).replace(tzinfo=UTC)
