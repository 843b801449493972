"""A rebuild folds parcels as they were folded when they came, whatever their ids say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import pytest

from cairn.events.model import Event, Parcel
from cairn.events.store import Archive, archived
from cairn.metrics.model import FOLD_VERSION
from cairn.platform.ids import derived_id, sorted_at
from cairn.platform.objects import Bucket
from infra.config import LOCAL
from infra.inprocess.account import ARCHIVE, Handler, MemoryAccount
from infra.inprocess.buckets import MemoryBuckets
from infra.inprocess.callers import WORKSPACE
from infra.inprocess.queues import MemoryQueues
from infra.inprocess.tables import MemoryTables
from infra.inprocess.wire import CalmWire
from infra.proof import Exit, Report
from infra.rebuild.archive import Days
from infra.rebuild.place import Stores, rebuild_of
from tests.parcels import NOW, decided, happened, parcel_of, telling

DAYS: Final = Days(date(2026, 11, 16), date(2026, 11, 22))
DAY: Final = 24 * 60
FIRST, SECOND = "small_team", "enterprise_buyer"
MISFILED: Final = "misfiled"


class Time:
    """A clock that somebody moves, and that goes on a little with every look."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


class Crash(BaseException):
    """The process ends here."""


class Fuse(CalmWire):
    """Crashes before a transaction is carried out: the first from now on, or a later one.

    Attributes:
        lasts: so many transactions go through before it crashes; None where it never does.
    """

    def __init__(self) -> None:
        self.lasts: int | None = None

    def sent(self, call: str) -> None:
        if self.lasts is None or call != "TransactWriteItems":
            return
        if self.lasts == 0:
            self.lasts = None
            raise Crash
        self.lasts -= 1


@dataclass(frozen=True, slots=True)
class House:
    """An account, the function that folds in it, and its clock."""

    account: MemoryAccount
    fold: Handler
    time: Time
    fuse: Fuse

    def deliver(self, parcel: Parcel, after: timedelta) -> None:
        """Hands a parcel over, so long after what came before."""
        self.time.now += after
        record = {
            "messageId": parcel.id,
            "body": parcel.to_json(),
            "attributes": {"MessageGroupId": parcel.group},
        }
        assert self.fold({"Records": [record]}) == {"batchItemFailures": []}

    def rebuilt(self, bucket: str = ARCHIVE) -> Report:
        """What a rebuild from a bucket finds."""
        client = self.account.buckets.client()
        stores = Stores(LOCAL, self.account.dynamo, client, bucket, LOCAL.shards)
        version = FOLD_VERSION + 1 + (bucket == MISFILED)
        rebuild = rebuild_of(stores, WORKSPACE, version, self.time)
        return rebuild.carry_out(DAYS, lambda _: None)


@pytest.fixture
def house() -> Iterator[House]:
    time, fuse = Time(), Fuse()
    account = MemoryAccount(MemoryTables(fuse), MemoryQueues(time), MemoryBuckets(), time)
    with account.functions(["aggregate_metrics"]):
        account.furnish()
        yield House(account, account.start("aggregate_metrics", LOCAL.shards), time, fuse)


def visit() -> Sequence[Sequence[Event]]:
    """A session's events in the order of their arrival, which is not that of their times."""
    return (
        [decided("d3", step="team", persona=SECOND, minute=95)],
        [decided("d2", step="company", persona=FIRST, minute=61), happened("p1", minute=62)],
        [happened("b1", "step.back", flow="onboarding", step="team", minute=97)],
        [happened("p0", minute=-3 * DAY), happened("p2", minute=2)],
        [telling(happened("v1", minute=99), {"variation.welcome-headline": "team"})],
        [decided("d1", step="welcome", minute=1), decided("d4", step="complete", minute=98)],
        [happened("p3", minute=-2 * DAY - 30, plan="trial")],
        [happened("o1", session="other", minute=180, subject="u-1")],
        [happened("o2", session="another", minute=30, subject="u-1", plan="team")],
    )


def parcels() -> Sequence[Parcel]:
    """The visit in parcels; the later one comes, the earlier its id sorts."""
    found = []
    for number, events in enumerate(visit()):
        made = derived_id("par", NOW - timedelta(hours=7 * number), str(number))
        parcel = parcel_of(*events, shard=number % 2, workspace=WORKSPACE)
        found.append(parcel.model_copy(update={"id": made}))
    return found


def groups_that_differ(report: Report) -> set[str]:
    found = report.details["differences"]
    assert isinstance(found, list)
    return {each["group"] for each in found}


def test_parcels_that_come_in_another_order_than_their_ids_are_folded_to_the_same(
    house: House,
) -> None:
    for parcel in parcels():
        house.deliver(parcel, timedelta(hours=1))
    report = house.rebuilt()
    assert report.details["differences"] == []
    assert (report.exit, report.details["parcels"]) == (Exit.MET, len(visit()))


def test_the_order_and_the_arrival_matter(house: House) -> None:
    for parcel in parcels():
        house.deliver(parcel, timedelta(hours=1))
    misfiled = Archive(Bucket(house.account.buckets.client(), MISFILED))
    for parcel in parcels():
        misfiled.keep(parcel, parcel.to_json(), sorted_at(parcel.id))
    report = house.rebuilt(MISFILED)
    assert report.exit == Exit.MISSED
    assert {"all", "flow.onboarding@persona"} <= groups_that_differ(report)


def test_a_parcel_that_could_not_be_folded_when_it_came_counts_as_of_when_it_was(
    house: House,
) -> None:
    first, *rest = parcels()
    house.fuse.lasts = 0
    with pytest.raises(Crash):
        house.deliver(first, timedelta(0))
    for parcel in (*rest, first):
        house.deliver(parcel, timedelta(hours=1))
    report = house.rebuilt()
    assert len(house.account.buckets.keys(ARCHIVE)) == len(visit()) + 1
    assert report.details["differences"] == []
    assert report.details["parcels"] == len(visit())


def test_of_several_arrivals_the_receipt_knows_which_was_folded(house: House) -> None:
    for parcel in parcels():
        house.deliver(parcel, timedelta(hours=1))
    archive = Archive(Bucket(house.account.buckets.client(), ARCHIVE))
    first = parcels()[0]
    archive.keep(first, first.to_json(), house.time())
    assert house.rebuilt().details["differences"] == []


def test_what_is_folded_in_two_runs_has_come_once(house: House) -> None:
    events = [
        happened(f"e-{number}", session=f"s-{number}", minute=-number - DAY) for number in range(50)
    ]
    parcel = parcel_of(*events, workspace=WORKSPACE)
    house.fuse.lasts = 1
    with pytest.raises(Crash):
        house.deliver(parcel, timedelta(0))
    house.deliver(parcel, timedelta(days=2))
    (key,) = house.account.buckets.keys(ARCHIVE)
    arrived_at, name = archived(key)
    assert (name, arrived_at - NOW < timedelta(seconds=1)) == (parcel.id, True)
    assert house.rebuilt().details["differences"] == []
