"""Equality and order of JSON values.

Equality is deep and strict: a boolean is not a number, `1` equals `1.0`. Order follows the
specification's JavaScript: two strings compare as text, everything else as numbers, where an
absent value is 0 and text that is not a number compares with nothing.
"""

from typing import Protocol, overload

from pydantic import JsonValue

from cairn.conditions.model import Check, never

type Number = int | float

_NUMERALS = frozenset("0123456789+-.eE")


class Order(Protocol):
    """An order of two texts or two numbers, such as `operator.lt`."""

    @overload
    def __call__(self, left: str, right: str, /) -> bool: ...
    @overload
    def __call__(self, left: float, right: float, /) -> bool: ...


def equal_to(expected: JsonValue) -> Check:
    """A check for strict, deep equality with `expected`."""
    if expected is None or isinstance(expected, bool):
        return lambda actual: actual is expected
    if isinstance(expected, str):
        return lambda actual: actual == expected
    if isinstance(expected, int | float):
        return lambda actual: actual == expected and type(actual) is not bool
    return lambda actual: same(expected, actual)


def same(left: JsonValue, right: JsonValue) -> bool:
    """Whether two JSON values are equal; the depth of either bounds the work."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return left == right


def in_order(order: Order, limit: JsonValue) -> Check:
    """A check that the actual value stands in `order` (such as `operator.lt`) to `limit`."""
    limit_number = number_of(limit)
    if isinstance(limit, str):
        return _in_text_order(order, limit, limit_number)
    return never if limit_number is None else _in_number_order(order, limit_number)


def number_of(value: JsonValue) -> Number | None:
    """The number that a value counts as, or `None` where it is none."""
    if value is None:
        return 0
    if isinstance(value, int | float):
        return value
    if isinstance(value, str):
        return _number_in(value.strip())
    return None


def _in_number_order(order: Order, limit: Number) -> Check:
    def check(actual: JsonValue) -> bool:
        if type(actual) is int or type(actual) is float:
            return order(actual, limit)
        number = number_of(actual)
        return number is not None and order(number, limit)

    return check


def _in_text_order(order: Order, limit: str, limit_number: Number | None) -> Check:
    by_number = never if limit_number is None else _in_number_order(order, limit_number)

    def check(actual: JsonValue) -> bool:
        return order(actual, limit) if isinstance(actual, str) else by_number(actual)

    return check


def _number_in(text: str) -> float | None:
    if not _NUMERALS.issuperset(text):
        return None
    try:
        return float(text)
    except ValueError:
        return None
