"""What the dashboard says: totals, their breakdown by dimension, and their series."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from cairn.metrics.model import Resolution
from functions.console.answers import Answer, View


class WindowSpan(View):
    """The window as it was read, aligned to whole buckets.

    Attributes:
        resolution: what it is aligned to.
        start: where it begins, inclusive.
        end: where it ends, exclusive.
    """

    resolution: Resolution
    start: datetime
    end: datetime


class Breakdown(View):
    """Sessions that show one value of a dimension.

    Attributes:
        conversions: by name.
    """

    sessions: int
    conversions: Mapping[str, int]


class Counted(Breakdown):
    """Everything that was counted.

    Attributes:
        events: by type.
        late: events that came within the span, more than two days after they happened; they count
            in the hour and day in which they did.
    """

    page_views: int
    events: Mapping[str, int]
    late: int


class SubjectsView(View):
    """How many different subjects there were over the whole span.

    Attributes:
        estimate: by HyperLogLog; whole days are exact in the series.
        relative_error: its standard error, as a share of itself.
    """

    estimate: int
    relative_error: float


class PointView(View):
    """One point of the series; it ends where the next one starts.

    Attributes:
        subjects: different subjects, exactly; null where it is no whole day.
    """

    start: datetime
    totals: Counted
    subjects: int | None


class Dashboard(View):
    """The dashboard's data.

    Attributes:
        totals: over the whole span.
        folded: what is counted as `other` because it is beyond a bound: sessions by dimension,
            events by vocabulary (`operations`, `models`, `flows`, `steps`, `personas`, `sources`,
            `caches`, `tiers`).
        dimensions: per declared dimension and value.
        series: one point for each minute, hour or day, also where nothing happened. Over 60 hours
            it is by days, of which the first and the last may be partial.
    """

    span: WindowSpan
    totals: Counted
    folded: Mapping[str, int]
    subjects: SubjectsView
    dimensions: Mapping[str, Mapping[str, Breakdown]]
    series: tuple[PointView, ...]


class DashboardAnswer(Answer[Dashboard]):
    """The answer of `GET /v1/metrics/dashboard`."""


def points(dashboard: Dashboard) -> Iterator[Mapping[str, object]]:
    """A row for each point of the series."""
    for each in dashboard.series:
        yield {"start": each.start, "subjects": each.subjects, **each.totals.model_dump()}
