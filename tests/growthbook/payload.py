"""Values of a payload that others wrote: what is missing or malformed is nothing."""

from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

from cairn.flags.bucketing import Range
from cairn.flags.compile import NOWHERE

type Json = Mapping[str, JsonValue]

BY: Final = "id"
"""The attribute that places subjects, where a rule names none."""


def object_of(value: JsonValue) -> Json:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def list_of(value: JsonValue) -> list[JsonValue]:
    """A list, or an empty one."""
    return value if isinstance(value, list) else []


def numbers_of(value: JsonValue) -> list[float]:
    """The numbers of a list."""
    return [float(each) for each in list_of(value) if isinstance(each, int | float)]


def scalars_of(value: JsonValue) -> tuple[str | int | float, ...]:
    """The texts and numbers of a list."""
    return tuple(each for each in list_of(value) if isinstance(each, str | int | float))


def number_of(of: Json, name: str, default: float) -> float:
    """A number of an object, or the default."""
    value = of.get(name)
    return value if isinstance(value, int | float) else default


def span_of(value: JsonValue) -> Range:
    """A piece of the number line, from its two ends; one that nobody lies in otherwise."""
    match value:
        case [int() | float() as start, int() | float() as end]:
            return float(start), float(end)
        case _:
            return NOWHERE
