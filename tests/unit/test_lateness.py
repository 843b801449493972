"""What still counts of events that come late."""

from datetime import timedelta

import pytest

from cairn.events.model import Event
from cairn.metrics.fold import Folded, fold
from cairn.metrics.lateness import LATE_AFTER
from cairn.metrics.model import Resolution, RollupKey
from cairn.metrics.owners import NEVER_SEEN
from cairn.metrics.series import ALL, LATE
from tests.parcels import DECLARED, NOW, happened, parcel_of

DAY = 24 * 60
HERE = {each: RollupKey(each, ALL, each.key(NOW)) for each in Resolution}


def folded(event: Event) -> Folded:
    parcel = parcel_of(event)
    return fold(parcel, 0, dict.fromkeys(parcel.owners, NEVER_SEEN), DECLARED, now=NOW)


def places(found: Folded) -> dict[Resolution, str]:
    """Where page views are counted."""
    return {
        key.resolution: key.bucket
        for key, counters in found.rollups.items()
        if "page_views" in counters
    }


def test_an_event_is_not_late_while_its_minute_is_kept() -> None:
    found = folded(happened("a", minute=-LATE_AFTER / timedelta(minutes=1)))
    assert places(found).keys() == set(Resolution)
    assert all(LATE not in counters for counters in found.rollups.values())


@pytest.mark.parametrize(
    ("days", "kept"),
    [
        (2.1, {Resolution.HOUR, Resolution.DAY}),
        (34, {Resolution.HOUR, Resolution.DAY}),
        (36, {Resolution.DAY}),
        (399, {Resolution.DAY}),
        (401, set()),
    ],
)
def test_a_late_event_counts_where_its_buckets_are_still_kept(
    days: float, kept: set[Resolution]
) -> None:
    found = folded(happened("a", minute=-days * DAY))
    assert places(found).keys() == kept
    assert {found.rollups[key][LATE] for key in HERE.values()} == {1}


def test_a_late_event_is_still_its_sessions_first() -> None:
    found = folded(happened("a", minute=-3 * DAY))
    day = RollupKey(Resolution.DAY, ALL, "2026-11-17")
    assert found.rollups[day]["sessions"] == 1
    assert found.counted == 1


def test_nothing_is_late_where_nobody_says_when_it_came() -> None:
    parcel = parcel_of(happened("a", minute=-300 * DAY))
    found = fold(parcel, 0, dict.fromkeys(parcel.owners, NEVER_SEEN), DECLARED)
    assert places(found).keys() == set(Resolution)
