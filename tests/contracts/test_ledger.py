"""What every ledger keeps to: the real one on moto, and the one in memory that tests use."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import boto3
import pytest

from cairn.events.model import Parcel
from cairn.metrics.fold import Folded, fold
from cairn.metrics.ledger import Ledger, Opening
from cairn.metrics.model import ALL
from cairn.metrics.query import Rollups, summed
from cairn.metrics.store import FoldStore, RollupStore
from cairn.metrics.windows import span_of
from cairn.platform.dynamo import Dynamo
from cairn.platform.errors import Conflict
from tests.fakes.ledger import MemoryLedger
from tests.functions.cloud import SHARDS, Cloud, cloud
from tests.parcels import DECLARED, NOW, WORKSPACE, happened, parcel_of

DAYS = span_of(timedelta(days=30), NOW)
HOUR = span_of(timedelta(hours=1), NOW)


class Kept(Protocol):
    """A ledger and the rollups that it writes."""

    @property
    def ledger(self) -> Ledger: ...
    @property
    def rollups(self) -> Rollups: ...


class InMemory:
    """The ledger of the tests."""

    def __init__(self) -> None:
        self.ledger = MemoryLedger()
        self.rollups = self.ledger


class InTables:
    """The real one."""

    def __init__(self, aws: Cloud) -> None:
        dynamo = Dynamo(boto3.client("dynamodb"))
        self.ledger = FoldStore(dynamo, aws.table("sessions"), aws.table("metrics"), SHARDS)
        self.rollups = RollupStore(dynamo, aws.table("metrics"), SHARDS)


@pytest.fixture(params=["in_memory", "in_tables"])
def kept(request: pytest.FixtureRequest) -> Iterator[Kept]:
    if request.param == "in_memory":
        yield InMemory()
    else:
        with cloud() as aws:
            yield InTables(aws)


def committed(kept: Kept, parcel: Parcel) -> Opening:
    """The parcel, folded and committed in one run."""
    opening = kept.ledger.open(parcel)
    folded = fold(parcel, opening.done, opening.owners, DECLARED)
    kept.ledger.commit(parcel, opening.done, folded, NOW)
    return opening.after(folded)


def totals(kept: Kept, group: str = ALL) -> dict[str, int]:
    return dict(summed(kept.rollups.read(WORKSPACE, group, DAYS).buckets))


def test_what_was_committed_is_read_back(kept: Kept) -> None:
    first = parcel_of(
        happened("a", "session.started", weekend="true"),
        happened("b", "conversion.completed", name="purchase"),
        happened("c", "error.raised", session=None, source="crm"),
    )
    after = committed(kept, first)
    assert kept.ledger.open(first) == Opening(3, {})
    same_owners = replace_id(first)
    assert kept.ledger.open(same_owners) == Opening(0, after.owners)


def test_rollups_add_up_over_parcels_and_shards(kept: Kept) -> None:
    committed(kept, parcel_of(happened("a", weekend="true"), number=1, shard=0))
    committed(kept, parcel_of(happened("b", session="other"), number=2, shard=3))
    assert totals(kept) == {"events.page.viewed": 2, "page_views": 2, "sessions": 2}
    assert totals(kept, "weekend") == {"true|sessions": 1}


def test_a_span_holds_its_own_buckets_and_says_what_was_read(kept: Kept) -> None:
    committed(kept, parcel_of(happened("a", minute=-61), happened("b", minute=-1), happened("c")))
    reading = kept.rollups.read(WORKSPACE, ALL, HOUR)
    assert [bucket.start.minute for bucket in reading.buckets] == [59, 0]
    assert (reading.buckets_read, reading.folded_at) == (2, NOW)
    assert kept.rollups.read("other", ALL, HOUR).folded_at is None


def test_a_receipt_that_stands_elsewhere_stops_the_commit(kept: Kept) -> None:
    parcel = parcel_of(happened("a"))
    folded = fold(parcel, 0, kept.ledger.open(parcel).owners, DECLARED)
    kept.ledger.commit(parcel, 0, folded, NOW)
    before = totals(kept)
    with pytest.raises(Conflict):
        kept.ledger.commit(parcel, 0, folded, NOW)
    assert totals(kept) == before


def test_a_receipt_moves_on_from_where_it_stands_only(kept: Kept) -> None:
    parcel = parcel_of(happened("a"), happened("b"), happened("c"))
    opening = kept.ledger.open(parcel)
    step = one_event(parcel, opening)
    kept.ledger.commit(parcel, 0, step, NOW)
    assert kept.ledger.open(parcel) == opening.after(step)
    beyond = one_event(parcel, Opening(2, opening.after(step).owners))
    with pytest.raises(Conflict):
        kept.ledger.commit(parcel, 2, beyond, NOW)


@pytest.mark.parametrize("known", [False, True])
def test_an_owner_that_changed_meanwhile_stops_the_commit(kept: Kept, *, known: bool) -> None:
    if known:
        committed(kept, parcel_of(happened("before"), number=0))
    late = parcel_of(happened("a"), number=1)
    opening = kept.ledger.open(late)
    committed(kept, parcel_of(happened("b"), number=2))
    before = totals(kept)
    with pytest.raises(Conflict):
        kept.ledger.commit(late, 0, fold(late, 0, opening.owners, DECLARED), NOW)
    assert totals(kept) == before
    assert kept.ledger.open(late).done == 0


def test_ids_are_known_after_they_moved_to_pages(kept: Kept) -> None:
    parcels = [
        parcel_of(*(happened(f"{number}-{each}") for each in range(50)), number=number)
        for number in range(14)
    ]
    for parcel in parcels:
        committed(kept, parcel)
    for parcel in parcels:
        again = replace_id(parcel)
        folded = fold(again, 0, kept.ledger.open(again).owners, DECLARED)
        assert (folded.done, folded.counted) == (50, 0)
    assert totals(kept)["page_views"] == 14 * 50


def test_workspaces_are_walls(kept: Kept) -> None:
    committed(kept, parcel_of(happened("a")))
    elsewhere = parcel_of(happened("a"), workspace="elsewhere")
    assert kept.ledger.open(elsewhere).done == 0
    committed(kept, elsewhere)
    assert totals(kept)["sessions"] == 1


def one_event(parcel: Parcel, opening: Opening) -> Folded:
    """The parcel's next event, folded alone."""
    single = parcel.model_copy(update={"events": parcel.events[opening.done : opening.done + 1]})
    return replace(fold(single, 0, opening.owners, DECLARED), done=opening.done + 1)


def replace_id(parcel: Parcel) -> Parcel:
    """The same events in another parcel."""
    return parcel.model_copy(update={"id": "par_" + parcel.id[4:][::-1]})
