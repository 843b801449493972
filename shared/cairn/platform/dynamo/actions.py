"""What stores say to tables: keys, conditions and actions, as plain frozen values.

They are tuples, which are made faster than dataclasses, as classes and as values: every function
imports them, and every call makes some.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, Never

type Value = str | int | float | bool | bytes | frozenset[bytes] | None
type Item = Mapping[str, Value]

NOTHING: Final[Mapping[str, Never]] = MappingProxyType({})


class Key(NamedTuple):
    """A primary key: partition and sort part."""

    pk: str
    sk: str


class Index(NamedTuple):
    """A secondary index: its name, and which attributes are its partition and sort key."""

    name: str
    partition: str
    sort: str


class Page(NamedTuple):
    """What one call read of a partition.

    Attributes:
        following: the key to go on after; None at the end.
    """

    items: tuple[Item, ...]
    following: Item | None


class Condition(NamedTuple):
    """A condition expression with its values and, for reserved words, its names."""

    expression: str
    values: Item = NOTHING
    names: Mapping[str, str] = NOTHING


NEW: Final = Condition("attribute_not_exists(pk)")
"""The item must not exist yet."""


class Put(NamedTuple):
    """Writes a whole item, under a condition."""

    table: str
    item: Item
    condition: Condition | None = None


class Update(NamedTuple):
    """Sets attributes and adds to number or set attributes, under a condition."""

    table: str
    key: Key
    add: Mapping[str, int | float | frozenset[bytes]] = NOTHING
    put: Item = NOTHING
    condition: Condition | None = None


class Delete(NamedTuple):
    """Removes an item."""

    table: str
    key: Key


type Action = Put | Update | Delete
