"""One dimension by which counts are told apart, and how its groups are read."""

from collections.abc import Mapping
from dataclasses import dataclass

from cairn.metrics.model import Counters
from cairn.metrics.series import GLUE, segmented


@dataclass(frozen=True, slots=True)
class Segment:
    """By what an answer is split.

    Attributes:
        dimension: a dimension whose segments are counted.
        value: the only value that is wanted; None where all are.
    """

    dimension: str
    value: str | None = None


def group_in(group: str, by: Segment | None) -> str:
    """The group that holds the counts of `group`, split or not."""
    return group if by is None else segmented(group, by.dimension)


def parts(counters: Counters, by: Segment | None) -> Mapping[str | None, Counters]:
    """Counters by the segment's values, in their order; under None where nothing is split."""
    if by is None:
        return {None: counters}
    found = split(counters)
    return {value: found[value] for value in found if by.value in {None, value}}


def split(counters: Counters) -> Mapping[str, Counters]:
    """Counters such as `Feb|sessions` by the value before their name, in the order of values."""
    by_value: dict[str, dict[str, int]] = {}
    for name, count in counters.items():
        value, _, counter = name.partition(GLUE)
        by_value.setdefault(value, {})[counter] = count
    return {value: by_value[value] for value in sorted(by_value)}


def under_names(counters: Counters) -> dict[str, dict[str, int]]:
    """Counters such as `decide|count` by what stands before their last word."""
    named: dict[str, dict[str, int]] = {}
    for name, count in counters.items():
        whose, glue, counter = name.rpartition(GLUE)
        if glue:
            named.setdefault(whose, {})[counter] = count
    return {name: named[name] for name in sorted(named)}
