"""Time as an argument: clocks, deadlines and instants."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, NamedTuple

HOUR_MS: Final = 3_600_000

type Clock = Callable[[], datetime]
"""Gives the current instant, aware and in UTC."""

type Ticker = Callable[[], float]
"""Gives monotonic seconds; only differences mean something."""

type Wait = Callable[[float], None]
"""Lets up to so many seconds go by."""


def system_clock() -> datetime:
    """The machine's clock, in UTC."""
    return datetime.now(UTC)


def jittered(most_s: float) -> None:
    """Waits for a random part of `most_s`, so that rivals who met do not meet again."""
    time.sleep(random.uniform(0, most_s))  # noqa: S311  # no secret


def at_once(most_s: float) -> None:
    """Does not wait at all."""


def epoch_ms(at: datetime) -> int:
    """Milliseconds since 1970-01-01T00:00Z."""
    return int(at.timestamp() * 1000)


def from_epoch_ms(ms: int) -> datetime:
    """The UTC instant `ms` milliseconds after the epoch."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def rfc3339(at: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, such as `2026-11-20T10:00:00.000Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


class Deadline(NamedTuple):
    """One deadline, made at the edge and handed down.

    Attributes:
        at_s: the tick at which everything must have been answered.
        tick: where the present is read from.
    """

    at_s: float
    tick: Ticker = time.monotonic

    @classmethod
    def within(cls, ms: float, tick: Ticker = time.monotonic) -> "Deadline":
        """A deadline `ms` milliseconds from now."""
        return cls(tick() + ms / 1000, tick)

    def left_ms(self, reserve_ms: float = 0.0) -> float:
        """Milliseconds left before the deadline, less `reserve_ms`; never negative."""
        return max(0.0, (self.at_s - self.tick()) * 1000 - reserve_ms)
