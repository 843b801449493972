"""How windows of time are aligned."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.metrics.model import Resolution
from cairn.metrics.windows import (
    LONGEST,
    MOST,
    WINDOWS,
    Span,
    cover,
    floor,
    span_of,
    start_of,
)

NOW = datetime(2026, 11, 20, 10, 30, 42, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("window", "resolution", "start", "end"),
    [
        ("5m", "1m", "2026-11-20T10:25", "2026-11-20T10:31"),
        ("1h", "1m", "2026-11-20T09:31", "2026-11-20T10:31"),
        ("6h", "1h", "2026-11-20T04:00", "2026-11-20T11:00"),
        ("24h", "1h", "2026-11-19T10:00", "2026-11-20T11:00"),
        ("7d", "1h", "2026-11-13T10:00", "2026-11-20T11:00"),
        ("30d", "1d", "2026-10-21T00:00", "2026-11-21T00:00"),
    ],
)
def test_a_window_is_the_whole_buckets_that_hold_any_of_it(
    window: str, resolution: str, start: str, end: str
) -> None:
    span = span_of(WINDOWS[window], NOW)
    assert span == Span(
        Resolution(resolution),
        datetime.fromisoformat(start).replace(tzinfo=UTC),
        datetime.fromisoformat(end).replace(tzinfo=UTC),
    )


def test_a_span_names_its_buckets_by_keys_that_sort_by_time() -> None:
    span = span_of(timedelta(minutes=1), NOW)
    assert span.keys == ("2026-11-20T10:29", "2026-11-20T10:30")
    assert [span.resolution.key(start) for start in span.starts] == [
        "2026-11-20T10:29",
        "2026-11-20T10:30",
    ]


@pytest.mark.parametrize("resolution", Resolution)
def test_a_bucket_is_found_again_by_its_key(resolution: Resolution) -> None:
    start = floor(NOW, resolution)
    assert start <= NOW < start + resolution.width
    assert start_of(resolution.key(NOW)) == start


def test_buckets_are_those_of_utc() -> None:
    tokyo = NOW.astimezone(timezone(timedelta(hours=9)))
    assert floor(tokyo, Resolution.DAY) == floor(NOW, Resolution.DAY)


@pytest.mark.parametrize("length", [timedelta(), timedelta(seconds=-1), LONGEST * 2])
def test_a_window_that_cannot_be_answered_is_refused(length: timedelta) -> None:
    with pytest.raises(ValueError, match="A window has more than 0"):
        span_of(length, NOW)


@given(st.integers(1, LONGEST // MINUTE), st.integers(0, 100_000))
def test_a_window_is_read_in_at_most_sixty_buckets_that_hold_exactly_its_span(
    minutes: int, later: int
) -> None:
    now = NOW + later * MINUTE
    span = span_of(minutes * MINUTE, now)
    assert span.end - span.resolution.width <= now < span.end
    cut = span.end - span.start == MOST * span.resolution.width
    assert span.start <= now - minutes * MINUTE or cut
    assert now - minutes * MINUTE - span.start < span.resolution.width
    runs = cover(span)
    assert (runs[0].start, runs[-1].end) == (span.start, span.end)
    assert all(one.end == following.start for one, following in pairwise(runs))
    assert 0 < sum(map(len, runs)) <= MOST
    assert all(
        floor(edge, each.resolution) == edge for each in runs for edge in (each.start, each.end)
    )


def test_seven_days_are_read_by_days_and_at_their_edges_by_hours() -> None:
    runs = cover(span_of(WINDOWS["7d"], NOW))
    assert [(each.resolution, len(each)) for each in runs] == [
        (Resolution.HOUR, 14),
        (Resolution.DAY, 6),
        (Resolution.HOUR, 11),
    ]


def test_no_window_is_longer_than_its_buckets_are_kept() -> None:
    for length in (timedelta(hours=1), timedelta(days=7), LONGEST):
        span = span_of(length, NOW)
        assert span.end - span.start < span.resolution.kept
