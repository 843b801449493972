"""Cuts what a model is told to a number of tokens: the least important goes first."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from cairn.llm.tokens import at_most

LINE_BREAK: Final = 2
"""What a line's end may cost, in tokens."""


class Rank(IntEnum):
    """How much a line matters."""

    ESSENTIAL = 0
    IMPORTANT = 1
    OPTIONAL = 2


@dataclass(frozen=True, slots=True)
class Line:
    """One line that a model may be told; see `line`.

    Attributes:
        rank: essential lines are never left out.
        text: without line breaks.
        tokens: the most that it takes, its end included.
        names: what the line is about, where somebody must know whether it was told.
    """

    rank: Rank
    text: str
    tokens: int
    names: str | None = None


def line(rank: Rank, text: str, names: str | None = None) -> Line:
    """A line with what it takes; a line break in it becomes a space."""
    flat = " ".join(text.splitlines())
    return Line(rank, flat, at_most(flat) + LINE_BREAK, names)


def fitted(lines: Sequence[Line], tokens: int) -> list[Line] | None:
    """The lines that fit, in their order: by rank, and within a rank those that stand first.

    A line that does not fit ends its rank only for itself: a shorter one behind it may still fit.

    Returns:
        None where not even the essential lines fit.
    """
    left = tokens
    kept: set[int] = set()
    for place in sorted(range(len(lines)), key=lambda each: lines[each].rank):
        price = lines[place].tokens
        if price <= left:
            kept.add(place)
            left -= price
        elif lines[place].rank is Rank.ESSENTIAL:
            return None
    return [each for place, each in enumerate(lines) if place in kept]


def joined(lines: Sequence[Line]) -> str:
    """The text of lines."""
    return "\n".join(each.text for each in lines)
