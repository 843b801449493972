"""Reading rollups: the groups that an answer needs, over one span, side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

from cairn.metrics.model import Bucket, Counters, NamedReading, Reading, Registers
from cairn.metrics.sketch import sketch_of
from cairn.metrics.windows import Span, cover
from cairn.platform.lanes import Lanes


class Rollups(Protocol):
    """Reads rollups."""

    def read(self, workspace: str, group: str, span: Span) -> Reading:
        """What was counted in a group over a span."""
        ...

    def read_named(self, workspace: str, group: str, span: Span) -> NamedReading:
        """The same of a group that keeps an item per bucket and name."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an answer is made of.

    Attributes:
        groups: groups with one item per bucket.
        named: groups with an item per bucket and name.
    """

    groups: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    def __add__(self, other: "Wanted") -> "Wanted":
        groups = dict.fromkeys((*self.groups, *other.groups))
        return Wanted(tuple(groups), tuple(dict.fromkeys((*self.named, *other.named))))


@dataclass(frozen=True, slots=True)
class Found:
    """What was read for an answer; of each group a reading for each run of the span.

    Attributes:
        runs: the runs of buckets in which the span was read.
    """

    span: Span
    runs: tuple[Span, ...]
    groups: Mapping[str, Sequence[Reading]]
    named: Mapping[str, Sequence[NamedReading]]

    @property
    def buckets_read(self) -> int:
        """Rollup items that were read."""
        return sum(each.buckets_read for each in self._readings)

    @property
    def folded_at(self) -> datetime | None:
        """When the newest of what was read was written; None where there is nothing."""
        written = [each.folded_at for each in self._readings if each.folded_at is not None]
        return max(written, default=None)

    def counters(self, group: str) -> Counters:
        """The counters of a group over the whole span."""
        return summed([bucket for each in self.groups[group] for bucket in each.buckets])

    def registers(self, group: str) -> Registers:
        """Who was there over the whole span; see `cairn.metrics.distinct`."""
        kept = [bucket.registers for each in self.groups[group] for bucket in each.buckets]
        return frozenset().union(*kept)

    def names(self, group: str) -> Mapping[str, Counters]:
        """The counters of a group over the whole span, by name."""
        merged: dict[str, dict[str, int]] = {}
        for reading in self.named[group]:
            for bucket in reading.buckets:
                for name, counters in bucket.names.items():
                    _add(merged.setdefault(name, {}), counters)
        return merged

    def sketches(self, group: str) -> Mapping[str, Mapping[int, int]]:
        """The sketches of a group over the whole span, by name."""
        return {name: sketch_of(counters) for name, counters in self.names(group).items()}

    @property
    def _readings(self) -> list[Reading | NamedReading]:
        plain = [reading for readings in self.groups.values() for reading in readings]
        return [*plain, *(reading for readings in self.named.values() for reading in readings)]


def gather(rollups: Rollups, lanes: Lanes, workspace: str, span: Span, wanted: Wanted) -> Found:
    """Reads everything that is wanted, side by side.

    Raises:
        StoreUnavailable: the table refuses or is silent.
    """
    runs = cover(span)
    groups = {
        name: [lanes.start(partial(rollups.read, workspace, name, run)) for run in runs]
        for name in wanted.groups
    }
    named = {
        name: [lanes.start(partial(rollups.read_named, workspace, name, run)) for run in runs]
        for name in wanted.named
    }
    return Found(
        span=span,
        runs=runs,
        groups={name: [each.result() for each in readings] for name, readings in groups.items()},
        named={name: [each.result() for each in readings] for name, readings in named.items()},
    )


def summed(buckets: Sequence[Bucket]) -> Counters:
    """The counters of all buckets, added."""
    total: dict[str, int] = {}
    for bucket in buckets:
        _add(total, bucket.counters)
    return total


def _add(total: dict[str, int], counters: Counters) -> None:
    for name, count in counters.items():
        total[name] = total.get(name, 0) + count
