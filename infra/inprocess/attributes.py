"""Typed attributes of items, and what expressions make of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

type Attribute = Mapping[str, object]
"""A typed attribute, such as `{"N": "1"}`."""

type Attributes = Mapping[str, Attribute]

_SETS: Final = frozenset({"SS", "NS", "BS"})


class Malformed(Exception):
    """An expression that DynamoDB would refuse as a mistake."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What an expression is about.

    Attributes:
        item: the item as it is; empty where there is none.
        names: what stands for `#name`.
        values: what stands for `:value`.
    """

    item: Attributes
    names: Mapping[str, str] = field(default_factory=dict)
    values: Attributes = field(default_factory=dict)

    def path(self, token: str) -> str:
        """The attribute that a token names."""
        return self.names[token] if token.startswith("#") else token

    def value(self, token: str) -> Attribute | None:
        """The attribute that a token stands for; None where the item has none."""
        return self.values[token] if token.startswith(":") else self.item.get(self.path(token))


def added(had: Attribute | None, more: Attribute | None) -> Attribute:
    """What `ADD` makes of a number or a set.

    Raises:
        Malformed: it is neither, or of another kind than before.
    """
    if more is None:
        raise Malformed("There is nothing to add.")
    ((kind, value),) = more.items()
    if kind == "N":
        return {"N": _sum(str((had or {"N": "0"}).get("N")), str(value))}
    if kind not in _SETS or (had is not None and kind not in had):
        raise Malformed(f"A {kind} is not added to {list(had or {})}.")
    return {kind: _union(had[kind] if had else (), value)}


def _sum(one: str, other: str) -> str:
    try:
        return str(int(one) + int(other))
    except ValueError:
        return f"{Decimal(one) + Decimal(other):f}"


def _union(one: object, other: object) -> list[object]:
    return list(dict.fromkeys([*listed(one), *listed(other)]))


def take_out(item: dict[str, Attribute], name: str, less: Attribute | None) -> None:
    """Takes members out of a set, and the set out of the item where none is left."""
    ((kind, value),) = (less or {}).items()
    gone = set(listed(value))
    left = [each for each in listed(item.get(name, {}).get(kind, ())) if each not in gone]
    item.pop(name, None)
    if left:
        item[name] = {kind: left}


def listed(value: object) -> Sequence[object]:
    """The members of a set or a list; none of anything else."""
    return value if isinstance(value, Sequence) else ()


def plain(attribute: Attribute | None) -> object:
    """A typed attribute as something that compares as DynamoDB does; its kind comes first."""
    if attribute is None:
        return None
    ((kind, value),) = attribute.items()
    return kind, Decimal(str(value)) if kind == "N" else value


def size(attribute: Attribute | None) -> Attribute | None:
    """How long a text is in bytes, or how many members there are."""
    if attribute is None:
        return None
    (value,) = attribute.values()
    return {"N": str(len(value.encode() if isinstance(value, str) else listed(value)))}
