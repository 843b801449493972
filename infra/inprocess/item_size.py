"""How large an item is by DynamoDB's own rules, and what it costs to write it.

Rules: *DynamoDB item sizes and formats* of the Amazon DynamoDB Developer Guide.
"""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Final

ITEM_BYTES: Final = 400 * 1024
"""Bytes of one item, at most."""

WRITE_UNIT_BYTES: Final = 1024
TRANSACTION: Final = 2
"""A write within a transaction costs twice."""


def item_bytes(item: Mapping[str, Mapping[str, object]]) -> int:
    """The size of an item: the names and the values of all attributes."""
    return sum(
        len(name.encode()) + sum(_value_bytes(kind, value) for kind, value in attribute.items())
        for name, attribute in item.items()
    )


def write_units(size: int) -> int:
    """Write request units of one plain write; of an update, by the larger of before and after."""
    return max(1, ceil(size / WRITE_UNIT_BYTES))


def _value_bytes(kind: str, value: object) -> int:
    match kind:
        case "N":
            return _number_bytes(str(value))
        case "S":
            return len(str(value).encode())
        case "B":
            return len(value) if isinstance(value, bytes) else 0
        case "NS" | "SS" | "BS":
            members = value if isinstance(value, Sequence) else ()
            return sum(_value_bytes(kind[0], each) for each in members)
        case _:
            return 1


def _number_bytes(number: str) -> int:
    """About a byte for two significant digits, and one more."""
    digits = number.lstrip("-").replace(".", "").strip("0")
    return ceil(len(digits) / 2) + 1 + number.startswith("-")
