"""Takes values that are known to be personal out of text in which they are repeated."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from pydantic import JsonValue

HIDDEN: Final = "[personal]"

SHORTEST: Final = 3
"""Shorter values say nothing, and would be found everywhere."""

LONGEST: Final = 200
"""Longer values are prose; nobody repeats them."""

NAME_WORDS: Final = 4
"""A value of so few words is also taken out word by word: a name, an address."""

SHORTEST_WORD: Final = 4


def told(values: Iterable[JsonValue]) -> frozenset[str]:
    """Every way in which a text could repeat one of the values."""
    return frozenset(each for value in values for each in _told(value))


def without(personal: Iterable[str], text: str) -> str:
    """The text with `[personal]` for each of what `told` gave, whatever its case."""
    lower = text.lower()
    found = {each for each in personal if each.lower() in lower}
    if not found:
        return text
    longest_first = sorted(found, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), HIDDEN, text, flags=re.IGNORECASE)


def _told(value: JsonValue) -> Iterator[str]:
    """How a value could be repeated."""
    if isinstance(value, list):
        for each in value:
            yield from _told(each)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        text = str(value).strip()
        if SHORTEST <= len(text) <= LONGEST:
            yield text
            words = text.split()
            yield from (each for each in words if len(words) <= NAME_WORDS and _is_word(each))


def _is_word(text: str) -> bool:
    return len(text) >= SHORTEST_WORD
