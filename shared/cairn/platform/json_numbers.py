"""The numbers of JSON: those that a double holds mean the same to everybody (RFC 8259, section 6).

Python reads others too: whole numbers of any length, `NaN`, and `1e999` as infinity.
"""

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from pydantic import JsonValue

UNHELD: Final = "a number is finite, and not beyond what a double holds"


def holds(number: float) -> bool:
    """Whether a double holds a number, if not to its last digit."""
    try:
        return math.isfinite(number)
    except OverflowError:  # a whole number that is too long
        return False


EXACT: Final = 2**53
"""Up to here a double holds every whole number to its last digit."""

PLAIN: Final = range(-5, 22)
"""Where the decimal point may stand behind the first digit for a number without an exponent."""


def ecmascript(number: float) -> str:
    """A number that a double holds, as JavaScript's `String` writes it.

    ECMA-262, Number::toString: with the shortest digits that give the same double again.
    """
    if isinstance(number, int) and -EXACT <= number <= EXACT:
        return str(number)
    double = float(number)
    if double == 0:
        return "0"
    negative, digits, last = Decimal(repr(double)).as_tuple()
    point = len(digits) + int(last)
    text = _laid_out("".join(map(str, digits)).rstrip("0"), point)
    return f"-{text}" if negative else text


def unheld(value: JsonValue, at: str = "") -> Iterator[str]:
    """JSON pointers to the numbers in a value that no double holds.

    Args:
        value: not deeper than what JSON was read from may be.
        at: where it stands.
    """
    if isinstance(value, dict):
        for key, item in value.items():
            yield from unheld(item, f"{at}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from unheld(item, f"{at}/{index}")
    elif isinstance(value, int | float) and not holds(value):
        yield at


def _laid_out(digits: str, point: int) -> str:
    """Digits whose decimal point stands behind so many of them."""
    if point not in PLAIN:
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{digits[0]}{fraction}e{point - 1:+d}"
    if point <= 0:
        return f"0.{'0' * -point}{digits}"
    whole, fraction = digits[:point].ljust(point, "0"), digits[point:]
    return f"{whole}.{fraction}" if fraction else whole
