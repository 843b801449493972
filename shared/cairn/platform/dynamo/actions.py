"""What stores say to tables: keys, conditions and actions, as plain frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

type Value = str | int | float | bool | bytes | frozenset[bytes] | None
type Item = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Key:
    """A primary key: partition and sort part."""

    pk: str
    sk: str


@dataclass(frozen=True, slots=True)
class Index:
    """A secondary index: its name, and which attributes are its partition and sort key."""

    name: str
    partition: str
    sort: str


@dataclass(frozen=True, slots=True)
class Page:
    """What one call read of a partition.

    Attributes:
        following: the key to go on after; None at the end.
    """

    items: tuple[Item, ...]
    following: Item | None


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition expression with its values and, for reserved words, its names."""

    expression: str
    values: Item = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


NEW: Final = Condition("attribute_not_exists(pk)")
"""The item must not exist yet."""


@dataclass(frozen=True, slots=True)
class Put:
    """Writes a whole item, under a condition."""

    table: str
    item: Item
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """Sets attributes and adds to number or set attributes, under a condition."""

    table: str
    key: Key
    add: Mapping[str, int | float | frozenset[bytes]] = field(default_factory=dict)
    put: Item = field(default_factory=dict)
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Removes an item."""

    table: str
    key: Key


type Action = Put | Update | Delete
