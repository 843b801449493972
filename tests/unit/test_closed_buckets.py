"""What a process remembers of rollups, and for how long."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.metrics.lateness import Lateness
from cairn.metrics.model import Resolution
from cairn.metrics.rollup_cache import CLOSES_AFTER, LATE, LATEST, SETTLING, RollupCache, reusable
from cairn.metrics.windows import Span, floor, span_of
from tests.fakes.rollups import CountedRollups

NOW = datetime(2026, 11, 20, 10, 30, 30, tzinfo=UTC)
WORKSPACE = "demo"


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, time: timedelta) -> None:
        self.now += time


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def rollups() -> CountedRollups:
    """A count in each of the last 90 minutes, and in each of the last 90 days."""
    kept = CountedRollups(NOW)
    for number in range(90):
        kept.count("all", NOW - timedelta(minutes=number), {"sessions": 1})
    for number in range(1, 90):
        kept.count("all", NOW - timedelta(days=number), {"sessions": 1})
    return kept


@pytest.fixture
def closed(rollups: CountedRollups, clock: Hand) -> RollupCache:
    return RollupCache(rollups, clock)


def span(closed_at: Hand, length: timedelta) -> Span:
    return span_of(length, closed_at.now)


def test_the_first_read_reads_everything_and_the_next_only_what_is_under_way(
    closed: RollupCache, rollups: CountedRollups, clock: Hand
) -> None:
    hour = span(clock, timedelta(hours=1))
    first = closed.read(WORKSPACE, "all", hour)
    again = closed.read(WORKSPACE, "all", hour)
    assert (first.buckets_read, again.buckets_read) == (60, 1)
    assert again.buckets == first.buckets
    assert again.folded_at == first.folded_at == NOW
    assert [len(each) for _, _, each in rollups.reads] == [60, 1]


def test_the_bucket_that_is_under_way_is_never_remembered(
    closed: RollupCache, rollups: CountedRollups, clock: Hand
) -> None:
    minutes = span(clock, timedelta(minutes=5))
    before = closed.read(WORKSPACE, "all", minutes)
    rollups.count("all", NOW, {"sessions": 1})
    after = closed.read(WORKSPACE, "all", minutes)
    assert before.buckets[-1].counters["sessions"] + 1 == after.buckets[-1].counters["sessions"]


def test_a_bucket_that_is_over_is_read_again_after_ten_seconds(
    closed: RollupCache, rollups: CountedRollups, clock: Hand
) -> None:
    minutes = span(clock, timedelta(minutes=5))
    closed.read(WORKSPACE, "all", minutes)
    rollups.count("all", NOW - timedelta(minutes=2), {"sessions": 1})
    clock.pass_by(SETTLING - timedelta(microseconds=1))
    assert closed.read(WORKSPACE, "all", minutes).buckets_read == 1
    clock.pass_by(timedelta(microseconds=1))
    late = closed.read(WORKSPACE, "all", minutes)
    assert late.buckets_read == 3  # the present one, and two that are over for less than 100 s
    assert sum(each.counters["sessions"] for each in late.buckets) == 7


def test_a_closed_day_is_read_again_after_a_minute_while_events_may_still_come_late(
    closed: RollupCache, rollups: CountedRollups, clock: Hand
) -> None:
    days = span(clock, timedelta(days=60))
    closed.read(WORKSPACE, "all", days)
    clock.pass_by(SETTLING)
    rollups.reads.clear()
    closed.read(WORKSPACE, "all", days)
    assert [len(each) for _, _, each in rollups.reads] == [1]  # today
    clock.pass_by(LATE)
    rollups.reads.clear()
    closed.read(WORKSPACE, "all", days)
    assert [len(each) for _, _, each in rollups.reads] == [60]


def test_a_wider_window_reads_what_a_narrower_one_did_not(closed: RollupCache, clock: Hand) -> None:
    closed.read(WORKSPACE, "all", span(clock, timedelta(minutes=5)))
    hour = closed.read(WORKSPACE, "all", span(clock, timedelta(hours=1)))
    assert len(hour.buckets) == 60
    five = closed.read(WORKSPACE, "all", span(clock, timedelta(minutes=5)))
    assert (len(five.buckets), five.buckets_read) == (6, 1)


def test_nothing_is_remembered_too_where_nothing_was_counted(
    closed: RollupCache, rollups: CountedRollups, clock: Hand
) -> None:
    hour = span(clock, timedelta(hours=1))
    for _ in range(2):
        assert closed.read(WORKSPACE, "elsewhere", hour).buckets == ()
    assert closed.read(WORKSPACE, "elsewhere", hour).folded_at is None
    assert [len(each) for _, _, each in rollups.reads] == [60, 1, 1]


def test_workspaces_groups_and_names_are_remembered_apart(
    closed: RollupCache, rollups: CountedRollups, clock: Hand
) -> None:
    rollups.sketch("all", NOW, {"decide": {"b1": 1}})
    hour = span(clock, timedelta(hours=1))
    closed.read(WORKSPACE, "all", hour)
    closed.read("other", "all", hour)
    named = closed.read_named(WORKSPACE, "all", hour)
    assert named.buckets[0].names == {"decide": {"b1": 1}}
    assert [len(each) for _, _, each in rollups.reads] == [60, 60, 60]


def test_what_was_used_longest_ago_is_forgotten_where_there_is_no_room(
    rollups: CountedRollups, clock: Hand
) -> None:
    closed = RollupCache(rollups, clock, room=250)  # two hours of minutes, with a counter each
    hour = span(clock, timedelta(hours=1))
    for workspace in ("a", "b", "a", "c"):
        closed.read(workspace, "all", hour)
    rollups.reads.clear()
    for workspace in ("a", "c", "b"):
        closed.read(workspace, "all", hour)
    assert [(whose, len(each)) for whose, _, each in rollups.reads] == [
        ("a", 1),
        ("c", 1),
        ("b", 60),
    ]


@pytest.mark.parametrize(
    ("resolution", "over", "reused"),
    [
        (Resolution.MINUTE, timedelta(seconds=-1), timedelta()),
        (Resolution.MINUTE, timedelta(), SETTLING),
        (Resolution.MINUTE, timedelta(seconds=100), SETTLING),
        (Resolution.MINUTE, timedelta(seconds=300), timedelta(seconds=30)),
        (Resolution.HOUR, CLOSES_AFTER, LATE),
        (Resolution.HOUR, CLOSES_AFTER + timedelta(seconds=1), LATE),
        (Resolution.HOUR, LATEST[Resolution.HOUR], LATE),
        (Resolution.DAY, LATEST[Resolution.DAY], LATE),
    ],
)
def test_how_long_a_bucket_is_used_depends_on_how_long_it_is_over(
    resolution: Resolution, over: timedelta, reused: timedelta
) -> None:
    assert reusable(resolution, NOW - over - resolution.width, NOW) == reused


def test_a_bucket_is_read_again_as_long_as_the_fold_still_adds_to_it() -> None:
    lateness = Lateness(NOW)
    for resolution in (Resolution.HOUR, Resolution.DAY):
        for days in range(3, 420):
            start = floor(NOW - timedelta(days=days), resolution)
            kept = {each for each, _ in lateness.kept(Resolution.MINUTE.key(start))}
            assert resolution not in kept or reusable(resolution, start, NOW) == LATE


def test_what_no_event_can_reach_is_used_for_good() -> None:
    for resolution, over in LATEST.items():
        start = NOW - over - resolution.width - timedelta(seconds=1)
        assert reusable(resolution, start, NOW) > timedelta(days=365)


LENGTHS = st.sampled_from([timedelta(minutes=n) for n in (5, 60, 24 * 60, 30 * 24 * 60)])
STEPS = st.lists(st.tuples(st.integers(0, 100), LENGTHS, st.integers(0, 3_600)), max_size=12)


@given(STEPS)
def test_whatever_is_asked_when_an_answer_is_never_older_than_it_may_be(
    steps: list[tuple[int, timedelta, int]],
) -> None:
    """Counts that came long enough ago are in every answer, and none is there twice."""
    clock, kept = Hand(), CountedRollups(NOW)
    closed = RollupCache(kept, clock)
    told: list[tuple[datetime, int]] = []
    for seconds, length, ago_s in steps:
        clock.pass_by(timedelta(seconds=seconds))
        at = clock.now - timedelta(seconds=ago_s)
        kept.count("all", at, {"sessions": 1})
        told.append((clock.now, ago_s))
        asked = span_of(length, clock.now)
        sums = _sum(closed.read, asked)
        settled = clock.now - LATE
        certain = sum(
            arrived <= settled and asked.start <= arrived - timedelta(seconds=late) < asked.end
            for arrived, late in told
        )
        assert certain <= sums <= _sum(kept.read, asked)


def _sum(read: Callable[..., object], asked: Span) -> int:
    reading = read(WORKSPACE, "all", asked)
    return sum(each.counters.get("sessions", 0) for each in reading.buckets)  # type: ignore[attr-defined]  # a Reading
