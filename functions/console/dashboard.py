"""What the dashboard says: totals, their breakdown by dimension, and their series."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from cairn.metrics.model import FOLD_VERSION, Resolution
from cairn.metrics.query import Overview
from cairn.metrics.windows import DEFAULT_WINDOW, LONGEST, WINDOWS

type Window = Literal["5m", "15m", "1h", "6h", "24h", "7d", "30d"]

MINUTE: Final = timedelta(minutes=1)
LONGEST_MINUTES: Final = LONGEST // MINUTE


class View(BaseModel):
    """What is shown of a reading, taken from its attributes."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class SpanView(View):
    """The window as it was read, aligned to whole buckets.

    Attributes:
        resolution: how wide a bucket is.
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
    """

    page_views: int
    events: Mapping[str, int]


class PointView(View):
    """One bucket of the series."""

    start: datetime
    totals: Counted


class Dashboard(View):
    """The dashboard's data.

    Attributes:
        totals: over the whole span.
        dimensions: per declared dimension and value.
        series: one point for each bucket, also where nothing happened.
    """

    span: SpanView
    totals: Counted
    dimensions: Mapping[str, Mapping[str, Breakdown]]
    series: tuple[PointView, ...]


class Meta(View):
    """How an answer came about.

    Attributes:
        freshness_ms: age of the newest count in it, milliseconds; null where there is none.
        buckets_read: stored buckets that were added up.
    """

    freshness_ms: int | None
    buckets_read: int


class DashboardAnswer(BaseModel):
    """The answer of `GET /v1/metrics/dashboard`.

    Attributes:
        timestamp: when it was read.
        window: the window that was asked for.
        version: of the rules by which events are counted.
    """

    timestamp: datetime
    window: str
    version: int = FOLD_VERSION
    data: Dashboard
    meta: Meta


def window_of(window: Window | None, minutes: int | None) -> tuple[str, timedelta]:
    """The asked window's name and length: a named one or some minutes, otherwise an hour."""
    if window is None and minutes is not None:
        return f"{minutes}m", minutes * MINUTE
    name = window or DEFAULT_WINDOW
    return name, WINDOWS[name]


def answer_of(overview: Overview, window: str, now: datetime) -> DashboardAnswer:
    """A reading as the dashboard's answer."""
    age_ms = None if overview.folded_at is None else _ms(now - overview.folded_at)
    return DashboardAnswer(
        timestamp=now,
        window=window,
        data=Dashboard.model_validate(overview),
        meta=Meta(freshness_ms=age_ms, buckets_read=overview.buckets_read),
    )


def _ms(age: timedelta) -> int:
    return max(0, age // timedelta(milliseconds=1))
