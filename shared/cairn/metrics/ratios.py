"""Ratios that say nothing, rather than zero, where there is nothing to divide by."""

from typing import Final

DIGITS: Final = 6
NANO: Final = 1_000_000_000
MILLI: Final = 1_000
MICRO: Final = 1_000_000


def ratio(part: float, whole: float) -> float | None:
    """`part` of one `whole`, to `DIGITS` digits; None where the whole is nothing."""
    return round(part / whole, DIGITS) if whole else None


def mean_ms(microseconds: int, count: int) -> float | None:
    """The mean of some durations in milliseconds; None where there are none."""
    return ratio(microseconds, count * MILLI)


def usd(nano: float) -> float:
    """Nano-dollars in dollars."""
    return round(nano / NANO, 9)
