"""Numbers that are somebody's own: phones and cards that were not sent as texts.

A whole number of 10 to 15 digits may be a phone (ITU-T E.164); one with a payment network's length
and first digits, which passes Luhn's check, may be a card. It is taken for neither where its name
says what it counts, or where it is an instant of these days, as programs write one.
"""

import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from cairn.events.personal import in_words
from cairn.llm.check_digits import is_payment_card

PHONE_DIGITS: Final = range(10, 16)

SMALLEST: Final = 10 ** (PHONE_DIGITS[0] - 1)

UNITS: Final = (1, 1_000, 1_000_000, 1_000_000_000)
"""Instants are written in s, ms, µs and ns since the epoch."""

THESE_DAYS: Final = timedelta(days=400)

_COUNTS: Final = re.compile(
    r"(?:.*_)?(?:id|ids|n|ns|us|ms|s|seconds|minutes|hours|at|time|timestamp|date|bytes|length"
    r"|size|count|total|sum|amount|cents|price|cost|revenue|value|offset|seed|version|build)"
)

_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)*")


@lru_cache(maxsize=4_096)
def says_count(name: str) -> bool:
    """Whether the name of an attribute says that its number is an id, a time or an amount."""
    return _COUNTS.fullmatch(in_words(name)) is not None


def is_number(text: str) -> bool:
    """Whether a text is a number, or a version: digits and points."""
    return _NUMBER.fullmatch(text) is not None


def somebodys(value: float, now: datetime) -> bool:
    """Whether a number may be somebody's phone or card."""
    if abs(value) < SMALLEST or not value.is_integer() or _is_instant(abs(value), now):
        return False
    digits = str(abs(int(value)))
    return is_payment_card(digits) or len(digits) in PHONE_DIGITS


def _is_instant(value: float, now: datetime) -> bool:
    present_s, near_s = now.timestamp(), THESE_DAYS.total_seconds()
    return any(abs(value / unit - present_s) < near_s for unit in UNITS)
