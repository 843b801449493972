"""What two fold versions say, counter by counter."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Final

from cairn.metrics.model import Resolution
from cairn.metrics.query import Rollups
from cairn.metrics.windows import Span
from infra.rebuild.archive import Days
from infra.rebuild.refold import Group

COMPARED: Final = (Resolution.HOUR, Resolution.DAY)
"""Minutes are gone after two days."""

REGISTERS: Final = "registers"
"""Stands for the counter of who was there."""

type Cells = Mapping[tuple[str, str, str], int]
"""Counts by bucket, name and counter."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A counter that says something else in the other version; 0 where it is not there.

    Attributes:
        bucket: its start, in RFC 3339.
        name: of groups with names, which.
    """

    group: str
    resolution: str
    bucket: str
    name: str
    counter: str
    present: int
    rebuilt: int


def differences(
    present: Rollups, rebuilt: Rollups, workspace: str, groups: Iterable[Group], days: Days
) -> Iterator[Difference]:
    """Every counter in whole hours and days of `days` that differs."""
    for group in sorted(groups):
        for span in spans(days):
            before = _cells(present, workspace, group, span)
            after = _cells(rebuilt, workspace, group, span)
            for cell in sorted({*before, *after}):
                one, other = before.get(cell, 0), after.get(cell, 0)
                if one != other:
                    yield Difference(group.name, span.resolution, *cell, one, other)


def spans(days: Days) -> list[Span]:
    """What is compared of some days."""
    start = datetime.combine(days.first, time(), UTC)
    end = datetime.combine(days.last, time(), UTC) + Resolution.DAY.width
    return [Span(resolution, start, end) for resolution in COMPARED]


def _cells(rollups: Rollups, workspace: str, group: Group, span: Span) -> Cells:
    if group.named:
        named = rollups.read_named(workspace, group.name, span)
        return {
            (bucket.start.isoformat(), name, counter): count
            for bucket in named.buckets
            for name, counters in bucket.names.items()
            for counter, count in counters.items()
        }
    cells: dict[tuple[str, str, str], int] = {}
    for bucket in rollups.read(workspace, group.name, span).buckets:
        start = bucket.start.isoformat()
        cells |= {(start, "", counter): count for counter, count in bucket.counters.items()}
        if bucket.registers:
            cells[start, "", REGISTERS] = len(bucket.registers)
    return cells
