"""What rollups say when they are asked."""

from datetime import timedelta

from cairn.metrics.fold import fold
from cairn.metrics.overview import Overview, overview, wanted
from cairn.metrics.query import Found, gather
from cairn.metrics.windows import Span, span_of
from cairn.platform.lanes import Lanes
from tests.fakes.ledger import MemoryLedger
from tests.parcels import DECLARED, NOW, WORKSPACE, happened, parcel_of

FIVE_MINUTES = span_of(timedelta(minutes=5), NOW)
DAYS = span_of(timedelta(days=30), NOW)
DIMENSIONS = ("weekend", "visitor_type")


def ledger() -> MemoryLedger:
    """Two sessions of two subjects, and a purchase, within five minutes, in two shards."""
    kept = MemoryLedger()
    parcels = [
        parcel_of(
            happened("a", minute=-4, subject="u-1", weekend=True),
            happened("b", "conversion.completed", minute=-1, subject="u-1", name="purchase"),
            number=1,
        ),
        parcel_of(
            happened("c", minute=-1, session="x", subject="u-2", weekend=False), number=2, shard=1
        ),
    ]
    for parcel in parcels:
        kept.commit(parcel, 0, fold(parcel, 0, kept.open(parcel).owners, DECLARED), NOW)
    return kept


def read(span: Span = FIVE_MINUTES, workspace: str = WORKSPACE) -> Found:
    return gather(ledger(), Lanes(2), workspace, span, wanted(DIMENSIONS))


def told(span: Span = FIVE_MINUTES) -> Overview:
    return overview(read(span), DIMENSIONS)


def test_an_overview_holds_totals_breakdowns_and_a_point_per_bucket() -> None:
    found = told()
    assert (found.totals.sessions, found.totals.page_views) == (2, 2)
    assert found.totals.events == {"conversion.completed": 1, "page.viewed": 2}
    assert found.totals.conversions == {"purchase": 1}
    assert set(found.dimensions) == {"weekend", "visitor_type"}
    assert found.dimensions["visitor_type"] == {}
    assert found.dimensions["weekend"]["true"].conversions == {"purchase": 1}
    assert found.dimensions["weekend"]["false"].sessions == 1
    assert [point.totals.sessions for point in found.series] == [0, 1, 0, 0, 1, 0]
    assert found.series[0].start == FIVE_MINUTES.start


def test_a_week_is_a_point_per_day_of_which_the_first_and_the_last_may_be_partial() -> None:
    week = span_of(timedelta(days=7), NOW)
    found = told(week)
    assert found.series[0].start == week.start
    assert [each.start.hour for each in found.series] == [10] + [0] * 7
    assert [each.totals.sessions for each in found.series] == [0] * 7 + [2]
    assert found.totals.sessions == 2


def test_subjects_are_estimated_over_the_span_and_exact_of_whole_days() -> None:
    found = told(DAYS)
    assert found.subjects.estimate == 2
    assert 0 < found.subjects.relative_error < 0.05
    assert [each.subjects for each in found.series] == [0] * 30 + [2]
    assert {each.subjects for each in told().series} == {None}


def test_what_was_read_says_how_much_it_is_and_how_old() -> None:
    found = read()
    assert found.folded_at == NOW
    assert found.buckets_read == sum(
        reading.buckets_read for readings in found.groups.values() for reading in readings
    )
    assert found.buckets_read >= 4
    nothing = read(workspace="elsewhere")
    assert (nothing.buckets_read, nothing.folded_at) == (0, None)
