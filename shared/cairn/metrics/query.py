"""What rollups say: totals, breakdowns by dimension, and series over a span."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cairn.metrics.model import (
    ALL,
    CONVERSIONS,
    EVENTS,
    PAGE_VIEWS,
    SESSIONS,
    VALUE_GLUE,
    Bucket,
    Counters,
    Reading,
)
from cairn.metrics.windows import Span


class Rollups(Protocol):
    """Reads rollups."""

    def read(self, workspace: str, group: str, span: Span) -> Reading:
        """What was counted in a group over a span."""
        ...


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts over a span.

    Attributes:
        sessions: sessions that began in it.
        events: by type; empty in a breakdown.
        conversions: by name.
    """

    sessions: int
    page_views: int
    events: Counters
    conversions: Counters


@dataclass(frozen=True, slots=True)
class Point:
    """One bucket of a series."""

    start: datetime
    totals: Totals


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that is known of a span.

    Attributes:
        dimensions: per declared dimension, the totals (sessions and conversions) of each value.
        series: one point for each bucket of the span, also where nothing happened.
        buckets_read: rollup items that were read.
        folded_at: when the newest of them was written; None where there are none.
    """

    span: Span
    totals: Totals
    dimensions: dict[str, dict[str, Totals]]
    series: tuple[Point, ...]
    buckets_read: int
    folded_at: datetime | None


def overview(rollups: Rollups, workspace: str, span: Span, dimensions: Sequence[str]) -> Overview:
    """Reads a span whole: the totals, their series, and a breakdown by each dimension."""
    everything = rollups.read(workspace, ALL, span)
    by_dimension = {name: rollups.read(workspace, name, span) for name in dimensions}
    readings = [everything, *by_dimension.values()]
    written = [each.folded_at for each in readings if each.folded_at is not None]
    return Overview(
        span=span,
        totals=totals_of(summed(everything.buckets)),
        dimensions={name: by_value(summed(each.buckets)) for name, each in by_dimension.items()},
        series=series_of(span, everything.buckets),
        buckets_read=sum(each.buckets_read for each in readings),
        folded_at=max(written, default=None),
    )


def summed(buckets: Sequence[Bucket]) -> Counters:
    """The counters of all buckets, added."""
    total: Counter[str] = Counter()
    for bucket in buckets:
        total.update(bucket.counters)
    return total


def totals_of(counters: Counters) -> Totals:
    """Counters by name as totals."""
    return Totals(
        sessions=counters.get(SESSIONS, 0),
        page_views=counters.get(PAGE_VIEWS, 0),
        events=_under(EVENTS, counters),
        conversions=_under(CONVERSIONS, counters),
    )


def by_value(counters: Counters) -> dict[str, Totals]:
    """The counters of a dimension's group as totals of each value."""
    split: dict[str, dict[str, int]] = {}
    for name, count in counters.items():
        value, _, counter = name.partition(VALUE_GLUE)
        split.setdefault(value, {})[counter] = count
    return {value: totals_of(inner) for value, inner in sorted(split.items())}


def series_of(span: Span, buckets: Sequence[Bucket]) -> tuple[Point, ...]:
    """A point for each bucket of the span."""
    known = {bucket.start: bucket.counters for bucket in buckets}
    return tuple(Point(start, totals_of(known.get(start, {}))) for start in span.starts)


def _under(prefix: str, counters: Counters) -> Counters:
    return {
        name.removeprefix(prefix): count
        for name, count in sorted(counters.items())
        if name.startswith(prefix)
    }
