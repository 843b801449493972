"""What every ledger keeps to: the real one on moto, and the one in memory that tests use."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import boto3
import pytest

from cairn.events.model import Parcel
from cairn.experiments.arm_counters import Arms, arms_of
from cairn.experiments.gathering import Followed
from cairn.experiments.store import ArmsStore
from cairn.metrics.distinct import register_of
from cairn.metrics.fold import Folded, fold
from cairn.metrics.ledger import Ledger, Opening, gathered
from cairn.metrics.model import FOLD_VERSION, Sight
from cairn.metrics.owners import NEVER_SEEN
from cairn.metrics.query import Rollups, summed
from cairn.metrics.rollups import RollupStore
from cairn.metrics.series import ALL, LATENCY, SUBJECTS
from cairn.metrics.sketch import counter_of
from cairn.metrics.store import FoldStore
from cairn.metrics.windows import span_of
from cairn.platform.dynamo import Dynamo
from cairn.platform.errors import Conflict
from infra.inprocess.tables import MemoryTables
from tests.arms import CONTROL, EXPERIMENT, FOLLOWING, bought, served
from tests.arms import METRICS as MEASURED
from tests.fakes.ledger import MemoryLedger
from tests.functions.cloud import SHARDS, cloud
from tests.parcels import (
    DECLARED,
    FLOW,
    NOW,
    SESSION,
    WORKSPACE,
    decided,
    funnelled,
    happened,
    parcel_of,
)

SESSIONS, METRICS = "cairn-local-sessions", "cairn-local-metrics"
KNOWN = replace(funnelled(DECLARED), following=Followed(FOLLOWING))
TYPES = {each.id: each.type for each in MEASURED}
DAYS = span_of(timedelta(days=30), NOW)
HOUR = span_of(timedelta(hours=1), NOW)


class Kept(Protocol):
    """A ledger and the rollups that it writes."""

    @property
    def ledger(self) -> Ledger: ...
    @property
    def rollups(self) -> Rollups: ...
    def arms(self, experiment: str) -> Arms: ...


class InMemory:
    """The ledger of the tests."""

    def __init__(self) -> None:
        self.ledger = MemoryLedger()
        self.rollups = self.ledger

    def arms(self, experiment: str) -> Arms:
        return arms_of(self.ledger.arms(WORKSPACE, experiment), TYPES)


class InTables:
    """The real one."""

    def __init__(self, dynamo: Dynamo, version: int = FOLD_VERSION) -> None:
        self.ledger = FoldStore(dynamo, SESSIONS, METRICS, SHARDS, version)
        self.rollups = RollupStore(dynamo, METRICS, SHARDS, version=version)
        self._arms = ArmsStore(dynamo, METRICS, SHARDS, version)

    def arms(self, experiment: str) -> Arms:
        return self._arms.arms(WORKSPACE, experiment, TYPES)


@pytest.fixture(params=["in_memory", "in_tables", "in_memory_tables"])
def kept(request: pytest.FixtureRequest) -> Iterator[Kept]:
    if request.param == "in_memory":
        yield InMemory()
    elif request.param == "in_memory_tables":
        yield InTables(Dynamo(MemoryTables().client()))
    else:
        with cloud():
            yield InTables(Dynamo(boto3.client("dynamodb")))


def committed(kept: Kept, parcel: Parcel) -> Opening:
    """The parcel, folded and committed in one run."""
    opening = gathered(kept.ledger, parcel, kept.ledger.open(parcel), KNOWN)
    folded = folded_of(parcel, opening)
    kept.ledger.commit(parcel, opening.done, folded, NOW)
    return opening.after(folded)


def folded_of(parcel: Parcel, opening: Opening) -> Folded:
    """The parcel, folded in one run."""
    return opening.folded(parcel, KNOWN)


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


def test_a_receipt_tells_when_its_parcel_came(kept: Kept) -> None:
    parcel = parcel_of(happened("a"), happened("b"))
    came = NOW + timedelta(microseconds=7)
    assert kept.ledger.open(parcel).arrived_at is None
    for done in (0, 1):
        step = replace(one_event(parcel, kept.ledger.open(parcel)), arrived_at=came)
        kept.ledger.commit(parcel, done, step, NOW + timedelta(hours=1))
        assert kept.ledger.open(parcel).arrived_at == came


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


def test_how_far_a_session_came_is_known_again(kept: Kept) -> None:
    first = committed(kept, parcel_of(decided("a", persona="returning"), decided("b"), number=1))
    again = kept.ledger.open(parcel_of(decided("c"), number=2))
    (state,) = again.owners.values()
    assert again.owners == first.owners
    assert state.flows[FLOW].persona == "returning"


def test_names_are_read_apart_and_in_their_span(kept: Kept) -> None:
    fast, slow = decided("a", latency_ms=1, minute=-1), decided("b", latency_ms=900)
    before = decided("c", latency_ms=1, minute=-61)
    asked = happened("d", "llm.called", tier="llm", latency_ms=800, tokens_output=30)
    committed(kept, parcel_of(fast, before, number=1, shard=0))
    committed(kept, parcel_of(slow.model_copy(update={"session_id": "x"}), number=2, shard=3))
    committed(kept, parcel_of(asked, number=3, shard=0))
    reading = kept.rollups.read_named(WORKSPACE, LATENCY, HOUR)
    assert [(bucket.start.minute, sorted(bucket.names)) for bucket in reading.buckets] == [
        (59, ["decide"]),
        (0, ["decide", "model.llm", "tokens.out"]),
    ]
    assert reading.buckets[1].names["decide"] == {counter_of(900_000): 1}
    assert (reading.buckets_read, reading.folded_at) == (4, NOW)
    whole = kept.rollups.read_named(WORKSPACE, LATENCY, DAYS).buckets
    assert whole[0].names["decide"] == {counter_of(1_000): 2, counter_of(900_000): 1}
    assert kept.rollups.read_named("other", LATENCY, HOUR).folded_at is None


def test_a_subject_is_new_once_a_day_whichever_session_shows_it(kept: Kept) -> None:
    committed(kept, parcel_of(happened("a", subject="u-1"), number=1))
    opening = kept.ledger.open(parcel_of(happened("b", subject="u-1", session="x"), number=2))
    assert opening.seen == {Sight("u-1", "2026-11-20")}
    committed(kept, parcel_of(happened("b", subject="u-1", session="x"), number=2, shard=1))
    committed(kept, parcel_of(happened("c", subject="u-2", session="y"), number=3, shard=2))
    assert totals(kept)["subjects"] == 2
    days = kept.rollups.read(WORKSPACE, SUBJECTS, DAYS).buckets
    assert [bucket.registers for bucket in days] == [frozenset(map(register_of, ("u-1", "u-2")))]


def test_a_subject_that_was_seen_meanwhile_stops_the_commit(kept: Kept) -> None:
    late = parcel_of(happened("a", subject="u-1"), number=1)
    opening = kept.ledger.open(late)
    committed(kept, parcel_of(happened("b", subject="u-1", session="x"), number=2, shard=1))
    with pytest.raises(Conflict):
        kept.ledger.commit(late, 0, fold(late, 0, opening.owners, KNOWN), NOW)
    committed(kept, late)
    assert totals(kept)["subjects"] == 1


def test_a_fold_version_counts_for_itself() -> None:
    dynamo = Dynamo(MemoryTables().client())
    pages = [
        parcel_of(*(happened(f"{number}-{each}") for each in range(50)), number=number)
        for number in range(4)
    ]
    somebody = parcel_of(happened("s", subject="u-1"), number=9)
    exposed = parcel_of(served("e", session=SESSION), number=10)
    for version in (FOLD_VERSION, FOLD_VERSION + 1):
        kept = InTables(dynamo, version)
        assert kept.ledger.open(somebody) == Opening(0, {somebody.owners[0]: NEVER_SEEN})
        for parcel in (*pages, somebody, replace_id(pages[0]), exposed):
            committed(kept, parcel)
        assert kept.arms(EXPERIMENT).variations[CONTROL].exposed == 1
        assert totals(kept) == {
            "events.experiment.exposed": 1,
            "events.page.viewed": 201,
            "page_views": 201,
            "sessions": 1,
            "subjects": 1,
        }


def test_arms_add_up_over_shards_and_subjects_are_known_again(kept: Kept) -> None:
    committed(kept, parcel_of(served("a", subject="u-1"), number=1, shard=0))
    committed(kept, parcel_of(bought("b", 12.5, minute=1), number=2, shard=3))
    committed(kept, parcel_of(served("c", session="s-2"), number=3, shard=2))
    committed(kept, parcel_of(bought("d", session="s-3", subject="u-1"), number=4, shard=1))
    arm = kept.arms(EXPERIMENT).variations[CONTROL]
    revenue = arm.metrics["revenue"]
    assert (arm.exposed, revenue.converted, revenue.sums.sum) == (2, 1, 22.5)
    assert revenue.sums.sum_sq == 22.5**2
    assert kept.arms("other").variations == {}


def test_a_participant_that_changed_meanwhile_stops_the_commit(kept: Kept) -> None:
    late = parcel_of(served("a", session="s-2", subject="u-1"), number=1)
    opening = gathered(kept.ledger, late, kept.ledger.open(late), KNOWN)
    committed(kept, parcel_of(served("b", subject="u-1"), number=2, shard=1))
    with pytest.raises(Conflict):
        kept.ledger.commit(late, 0, folded_of(late, opening), NOW)
    committed(kept, late)
    assert kept.arms(EXPERIMENT).variations[CONTROL].exposed == 1


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
