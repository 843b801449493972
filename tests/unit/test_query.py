"""What rollups say when they are asked."""

from datetime import timedelta

from cairn.metrics.fold import fold
from cairn.metrics.query import overview
from cairn.metrics.windows import span_of
from tests.fakes.ledger import MemoryLedger
from tests.parcels import DECLARED, NOW, WORKSPACE, happened, parcel_of

FIVE_MINUTES = span_of(timedelta(minutes=5), NOW)


def ledger() -> MemoryLedger:
    """Two sessions and a purchase within five minutes, in two shards."""
    kept = MemoryLedger()
    parcels = [
        parcel_of(
            happened("a", minute=-4, weekend=True),
            happened("b", "conversion.completed", minute=-1, name="purchase"),
            number=1,
        ),
        parcel_of(happened("c", minute=-1, session="x", weekend=False), number=2, shard=1),
    ]
    for parcel in parcels:
        kept.commit(parcel, 0, fold(parcel, 0, kept.open(parcel).owners, DECLARED), NOW)
    return kept


def test_an_overview_holds_totals_breakdowns_and_a_point_per_bucket() -> None:
    found = overview(ledger(), WORKSPACE, FIVE_MINUTES, ["weekend", "visitor_type"])
    assert (found.totals.sessions, found.totals.page_views) == (2, 2)
    assert found.totals.events == {"conversion.completed": 1, "page.viewed": 2}
    assert found.totals.conversions == {"purchase": 1}
    assert set(found.dimensions) == {"weekend", "visitor_type"}
    assert found.dimensions["visitor_type"] == {}
    assert found.dimensions["weekend"]["true"].conversions == {"purchase": 1}
    assert found.dimensions["weekend"]["false"].sessions == 1
    assert [point.totals.sessions for point in found.series] == [0, 1, 0, 0, 1, 0]
    assert found.series[0].start == FIVE_MINUTES.start


def test_an_overview_says_what_it_read_and_how_old_it_is() -> None:
    found = overview(ledger(), WORKSPACE, FIVE_MINUTES, ["weekend"])
    assert (found.buckets_read, found.folded_at) == (6, NOW)
    nothing = overview(ledger(), "elsewhere", FIVE_MINUTES, ["weekend"])
    assert (nothing.buckets_read, nothing.folded_at, nothing.totals.sessions) == (0, None, 0)
