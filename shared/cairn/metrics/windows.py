"""Windows of time: how finely they are read, and where they begin and end.

A window covers at least its length: from the start of the bucket that holds its beginning to the
end of the bucket that holds the present. Up to 1 hour it is read by minutes, up to 7 days by
hours, beyond by days.
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

DEFAULT_WINDOW: Final = "1h"

LONGEST: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Span:
    """A window, aligned.

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
        count = (self.end - self.start) // self.resolution.width
        return [self.start + self.resolution.width * number for number in range(count)]


def span_of(length: timedelta, now: datetime) -> Span:
    """The aligned span of a window of `length` that ends now.

    Raises:
        ValueError: the length is not positive, or beyond what is kept.
    """
    if not timedelta() < length <= LONGEST:
        raise ValueError(f"A window has more than 0 and at most {LONGEST.days} days.")
    resolution = resolution_of(length)
    end = floor(now, resolution) + resolution.width
    return Span(resolution, floor(now - length, resolution), end)


def resolution_of(length: timedelta) -> Resolution:
    """How finely a window of `length` is read."""
    if length <= timedelta(hours=1):
        return Resolution.MINUTE
    return Resolution.HOUR if length <= timedelta(days=7) else Resolution.DAY


def floor(at: datetime, resolution: Resolution) -> datetime:
    """The start of the bucket that holds `at`, in UTC."""
    return start_of(resolution.key(at.astimezone(UTC)))


def start_of(key: str) -> datetime:
    """The start of the bucket with this key."""
    full = f"{key}:00" if "T" in key and ":" not in key else key
    return datetime.fromisoformat(full).replace(tzinfo=UTC)
