"""One dimension by which counts are told apart, and how its groups are read."""

from collections.abc import Mapping
from dataclasses import dataclass

from cairn.metrics.measures import UNKNOWN
from cairn.metrics.model import Counters
from cairn.metrics.query import Found
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

    @property
    def has_rest(self) -> bool:
        """Whether those are wanted too of whom no value is known."""
        return self.value in {None, UNKNOWN}


def groups_in(group: str, by: Segment | None) -> tuple[str, ...]:
    """The groups that hold the counts of `group`, split or not."""
    if by is None:
        return (group,)
    segments = segmented(group, by.dimension)
    return (segments, group) if by.has_rest else (segments,)


def parts(found: Found, group: str, by: Segment | None) -> Mapping[str | None, Counters]:
    """The counts of a group by the segment's values, in their order; under None where not split.

    What is counted under no value is that of `unknown`.
    """
    if by is None:
        return {None: found.counters(group)}
    whole = found.counters(group) if by.has_rest else {}
    return parted(found.counters(segmented(group, by.dimension)), whole, by)


def parted(counters: Counters, whole: Counters, by: Segment) -> Mapping[str | None, Counters]:
    """Counters under the segment's values, by value, and what is left of the whole as `unknown`.

    Args:
        counters: under values.
        whole: the same, not split; empty where the rest is not wanted.
        by: the segment.
    """
    known = split(counters)
    if by.has_rest:
        known = {**known, UNKNOWN: _rest(whole, known)}
    return {
        value: known[value] for value in sorted(known) if by.value in {None, value} and known[value]
    }


def split(counters: Counters) -> Mapping[str, Counters]:
    """Counters such as `Feb|sessions` by the value before their name, in the order of values."""
    by_value: dict[str, dict[str, int]] = {}
    for name, count in counters.items():
        value, _, counter = name.partition(GLUE)
        by_value.setdefault(value, {})[counter] = count
    return {value: by_value[value] for value in sorted(by_value)}


def _rest(whole: Counters, known: Mapping[str, Counters]) -> Counters:
    """What is left of a whole, beside all values but `unknown`."""
    values = [counters for value, counters in known.items() if value != UNKNOWN]
    left = {
        name: count - sum(each.get(name, 0) for each in values) for name, count in whole.items()
    }
    return {name: count for name, count in left.items() if count > 0}


def under_names(counters: Counters) -> dict[str, dict[str, int]]:
    """Counters such as `decide|count` by what stands before their last word."""
    named: dict[str, dict[str, int]] = {}
    for name, count in counters.items():
        whose, glue, counter = name.rpartition(GLUE)
        if glue:
            named.setdefault(whose, {})[counter] = count
    return {name: named[name] for name in sorted(named)}
