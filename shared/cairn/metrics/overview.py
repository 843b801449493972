"""Everything at a glance: totals, breakdowns by dimension, and series over a span."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cairn.metrics.breakdown import split
from cairn.metrics.distinct import ERROR, estimate
from cairn.metrics.model import (
    CONVERSIONS,
    EVENTS,
    PAGE_VIEWS,
    SESSIONS,
    SUBJECTS_SEEN,
    Bucket,
    Counters,
    Resolution,
)
from cairn.metrics.query import Found, Wanted, summed
from cairn.metrics.series import ALL, FOLDED, LATE, SUBJECTS
from cairn.metrics.windows import Span


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts over a span.

    Attributes:
        sessions: sessions that began in it.
        events: by type; empty in a breakdown.
        conversions: by name.
        late: events that came in it, more than two days after they happened; none in a breakdown.
    """

    sessions: int
    page_views: int
    events: Counters
    conversions: Counters
    late: int


@dataclass(frozen=True, slots=True)
class Subjects:
    """How many different subjects there were.

    Attributes:
        estimate: by HyperLogLog.
        relative_error: its standard error, as a share of itself.
    """

    estimate: int
    relative_error: float


@dataclass(frozen=True, slots=True)
class Point:
    """One step of a series.

    Attributes:
        subjects: different subjects, exactly; known of whole days alone.
    """

    start: datetime
    totals: Totals
    subjects: int | None


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that is known of a span.

    Attributes:
        dimensions: per declared dimension, the totals (sessions and conversions) of each value.
        folded: what is counted as `other` because it is beyond a bound: sessions by dimension,
            events by vocabulary.
        series: one point for each bucket of the span, also where nothing happened; where the span
            is read by days, the hours before the first and after the last are one point each.
    """

    span: Span
    totals: Totals
    folded: Counters
    subjects: Subjects
    dimensions: Mapping[str, Mapping[str, Totals]]
    series: tuple[Point, ...]


def wanted(dimensions: Sequence[str]) -> Wanted:
    """What an overview is made of."""
    return Wanted((ALL, SUBJECTS, *dimensions))


def overview(found: Found, dimensions: Sequence[str]) -> Overview:
    """A span whole: the totals, their series, and a breakdown by each dimension."""
    everything = found.counters(ALL)
    return Overview(
        span=found.span,
        totals=totals_of(everything),
        folded=folded_of(everything),
        subjects=Subjects(estimate(found.registers(SUBJECTS)), ERROR),
        dimensions={each: by_value(found.counters(each)) for each in dimensions},
        series=tuple(_series(found)),
    )


def totals_of(counters: Counters) -> Totals:
    """Counters by name as totals."""
    return Totals(
        sessions=counters.get(SESSIONS, 0),
        page_views=counters.get(PAGE_VIEWS, 0),
        events=_under(EVENTS, counters),
        conversions=_under(CONVERSIONS, counters),
        late=counters.get(LATE, 0),
    )


def folded_of(counters: Counters) -> Counters:
    """What is counted as `other`, by dimension and vocabulary, from the counters of `all`."""
    return _under(FOLDED, counters)


def by_value(counters: Counters) -> dict[str, Totals]:
    """The counters of a dimension's group as totals of each value."""
    return {value: totals_of(inner) for value, inner in split(counters).items()}


def _series(found: Found) -> Iterator[Point]:
    for run, reading in zip(found.runs, found.groups[ALL], strict=True):
        if len(found.runs) > 1 and run.resolution is Resolution.HOUR:
            yield Point(run.start, totals_of(summed(reading.buckets)), None)
        else:
            yield from _each(run, reading.buckets)


def _each(run: Span, buckets: Sequence[Bucket]) -> Iterator[Point]:
    known = {bucket.start: bucket.counters for bucket in buckets}
    for start in run.starts:
        counters = known.get(start, {})
        whole_day = run.resolution is Resolution.DAY
        subjects = counters.get(SUBJECTS_SEEN, 0) if whole_day else None
        yield Point(start, totals_of(counters), subjects)


def _under(prefix: str, counters: Counters) -> Counters:
    return {
        name.removeprefix(prefix): count
        for name, count in sorted(counters.items())
        if name.startswith(prefix)
    }
