"""Which flag needs which: the order in which they compile, and what is wrong with it."""

from collections.abc import Mapping
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from typing import Final

from cairn.flags.documents import FlagDocument

MAX_DEPTH: Final = 16
"""How long a chain of prerequisites may be."""

type Needs = Mapping[str, frozenset[str]]
"""The prerequisites of each flag."""


def needs_of(flags: Mapping[str, FlagDocument]) -> Needs:
    """What each flag needs, by itself or by one of its rules."""
    return {
        name: frozenset(
            each.flag
            for of in (flag.prerequisites, *(rule.prerequisites for rule in flag.rules))
            for each in of
        )
        for name, flag in flags.items()
    }


def in_order(needs: Needs) -> list[str]:
    """The flags that can be evaluated, each after those that it needs.

    Left out are flags of a cycle, flags that need one of those, and flags at the end of a chain
    that is too long.
    """
    sorter = TopologicalSorter(needs)
    with suppress(CycleError):  # whatever lies before the cycle still comes
        sorter.prepare()
    ordered: list[str] = []
    for _ in range(MAX_DEPTH):
        ready = sorter.get_ready()
        ordered += (name for name in ready if name in needs)
        sorter.done(*ready)
    return ordered


def in_cycles(needs: Needs) -> frozenset[str]:
    """The flags that need themselves, by whatever way."""
    return frozenset(name for name in needs if name in _reached(name, needs))


def _reached(name: str, needs: Needs) -> set[str]:
    reached: set[str] = set()
    ahead = [*needs[name]]
    while ahead:
        each = ahead.pop()
        if each not in reached:
            reached.add(each)
            ahead += needs.get(each, ())
    return reached
