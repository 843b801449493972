"""What prerequisites cost SDKs, which evaluate one again in each place that names it."""

from collections.abc import Mapping
from typing import Final

from cairn.flags.documents import FlagDocument
from cairn.flags.growthbook.writing import times_written
from cairn.flags.prerequisites import in_order, needs_of

MOST: Final = 1_000
"""Flags that an SDK may have to evaluate for one: 15 ms of the slower ones."""


def evaluations_of(flags: Mapping[str, FlagDocument]) -> dict[str, int]:
    """How many flags, itself among them, an SDK evaluates for each at most.

    Left out are those that cannot be evaluated (see `in_order`).
    """
    found: dict[str, int] = {}
    for name in in_order(needs_of(flags)):
        flag = flags[name]
        places = [(1, flag.prerequisites)]
        places += [(times_written(rule), rule.prerequisites) for rule in flag.rules]
        found[name] = 1 + sum(
            times * sum(found.get(each.flag, 1) for each in prerequisites)
            for times, prerequisites in places
        )
    return found
