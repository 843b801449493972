"""What changes between two versions of a document, key by key."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import JsonValue

from cairn.platform.http import pointer

NAMING_KEYS: Final = ("id", "key", "name", "value")
"""What tells the items of a list apart, so that an insertion doesn't move all that follow."""

type Steps = tuple[str | int, ...]
type Parts = Mapping[str | int, JsonValue]


@dataclass(frozen=True, slots=True)
class Difference:
    """One key that was added, removed or changed.

    Attributes:
        pointer: JSON pointer; items of lists go by their id where they have one.
        before: compact JSON; None for what was added.
        after: compact JSON; None for what was removed.
        reordered: whether only the order differs, which both then give.
    """

    pointer: str
    before: str | None
    after: str | None
    reordered: bool = False

    @property
    def sign(self) -> Literal["+", "-", "~"]:
        """Added, removed or changed."""
        if self.before is None:
            return "+"
        return "-" if self.after is None else "~"


def differences(before: JsonValue, after: JsonValue) -> list[Difference]:
    """Everything that differs, in the order of the old document, then what is new."""
    return list(_compared(before, after, ()))


def _compared(before: JsonValue, after: JsonValue, at: Steps) -> Iterator[Difference]:
    if _text(before) == _text(after):
        return
    parts = _parts(before, after)
    if parts is None:
        yield Difference(pointer(at), _text(before), _text(after))
        return
    old, new = parts
    for key, value in old.items():
        if key in new:
            yield from _compared(value, new[key], (*at, key))
        else:
            yield Difference(pointer((*at, key)), _text(value), None)
    for key, value in new.items():
        if key not in old:
            yield Difference(pointer((*at, key)), None, _text(value))
    yield from _reordered(old, new, at)


def _reordered(old: Parts, new: Parts, at: Steps) -> Iterator[Difference]:
    before = [key for key in old if key in new]
    after = [key for key in new if key in old]
    if before != after:
        yield Difference(pointer(at), _text([*before]), _text([*after]), reordered=True)


def _parts(before: JsonValue, after: JsonValue) -> tuple[Parts, Parts] | None:
    """Both values by key, where they are of one form that has keys."""
    if isinstance(before, dict) and isinstance(after, dict):
        return dict(before.items()), dict(after.items())
    if isinstance(before, list) and isinstance(after, list):
        for key in NAMING_KEYS:
            old, new = _named(before, key), _named(after, key)
            if old is not None and new is not None:
                return old, new
        return dict(enumerate(before)), dict(enumerate(after))
    return None


def _named(items: list[JsonValue], key: str) -> Parts | None:
    """The items by what they have under `key`; None unless that names each of them alone."""
    names = [item.get(key) for item in items if isinstance(item, dict)]
    named = {name: item for name, item in zip(names, items, strict=False) if isinstance(name, str)}
    return dict(named.items()) if len(named) == len(items) else None


def _text(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
