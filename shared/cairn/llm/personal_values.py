"""Takes values that are known to be personal out of text in which they are repeated."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from pydantic import JsonValue

from cairn.llm.redact import visible

HIDDEN: Final = "[personal]"

SHORTEST: Final = 3
"""Shorter values say nothing, and would be found everywhere."""

LONGEST: Final = 200
"""Longer values are prose; nobody repeats them."""

NAME_WORDS: Final = 4
"""A value of so few words is also taken out word by word: a name, an address."""

SHORTEST_WORD: Final = 4


def told(values: Iterable[JsonValue]) -> frozenset[str]:
    """Every way in which a visible text could repeat one of the values, without regard to case."""
    return frozenset(each for value in values for each in _told(value))


def without(personal: Iterable[str], text: str) -> str:
    """The visible text with `[personal]` for each of what `told` gave, whatever its case."""
    folded = text.casefold()
    found = sorted((each for each in personal if each in folded), key=len, reverse=True)
    if not found:
        return text
    if len(folded) != len(text):  # ß became ss, or the like: places only agree when folded
        text = folded
    kept: list[str] = []
    end = 0
    for match in re.finditer("|".join(map(re.escape, found)), folded):
        kept += [text[end : match.start()], HIDDEN]
        end = match.end()
    return "".join([*kept, text[end:]])


def _told(value: JsonValue) -> Iterator[str]:
    """How a value could be repeated."""
    if isinstance(value, list):
        for each in value:
            yield from _told(each)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        text = visible(str(value)).strip().casefold()
        if SHORTEST <= len(text) <= LONGEST:
            yield text
            words = text.split()
            yield from (each for each in words if len(words) <= NAME_WORDS and _is_word(each))


def _is_word(text: str) -> bool:
    return len(text) >= SHORTEST_WORD
