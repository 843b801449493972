"""What a rebuild finds, and that it goes on where it was stopped."""

from datetime import date, datetime, timedelta
from typing import cast

import pytest

from cairn.events.model import Parcel
from cairn.events.pack import pack
from cairn.events.store import Archive, archive_prefix
from cairn.metrics.declared import NOTHING_DECLARED
from cairn.metrics.ledger import Ingestion
from cairn.metrics.model import FOLD_VERSION
from cairn.metrics.store import FoldStore
from cairn.platform.dynamo import Key, Update
from cairn.platform.errors import StoreUnavailable
from cairn.platform.objects import Bucket
from infra.config import LOCAL
from infra.inprocess.account import ARCHIVE, MemoryAccount
from infra.inprocess.buckets import MemoryBuckets
from infra.inprocess.callers import WORKSPACE
from infra.inprocess.queues import MemoryQueues
from infra.inprocess.tables import MemoryTables
from infra.proof import Exit, Report
from infra.rebuild.archive import Days
from infra.rebuild.place import Stores, rebuild_of
from infra.rebuild.run import Rebuild
from infra.stores import Table
from tests.parcels import NOW, happened

DAYS = Days(date(2026, 11, 20), date(2026, 11, 20))
SESSIONS, METRICS = LOCAL.named(Table.SESSIONS), LOCAL.named(Table.METRICS)


def clock() -> datetime:
    return NOW


@pytest.fixture
def account() -> MemoryAccount:
    """Three parcels of three sessions, archived and folded."""
    made = MemoryAccount(MemoryTables(), MemoryQueues(clock), MemoryBuckets(), clock)
    made.furnish()
    ledger = FoldStore(made.dynamo, SESSIONS, METRICS, LOCAL.shards)
    archive = Archive(Bucket(made.buckets.client(), ARCHIVE))
    ingestion = Ingestion(ledger, archive, lambda _: NOTHING_DECLARED, clock)
    for session in ("one", "two", "three"):
        events = [happened(f"{each}", session=session, minute=each) for each in range(3)]
        for parcel in pack(WORKSPACE, events, shards=LOCAL.shards, now=NOW):
            ingestion.take(parcel, parcel.to_json())
    return made


def rebuild(account: MemoryAccount) -> Rebuild:
    client = account.buckets.client()
    stores = Stores(LOCAL, account.dynamo, client, ARCHIVE, LOCAL.shards)
    return rebuild_of(stores, WORKSPACE, FOLD_VERSION + 1, clock)


def carried_out(account: MemoryAccount) -> Report:
    return rebuild(account).carry_out(DAYS, lambda _: None)


def test_the_same_archive_says_the_same(account: MemoryAccount) -> None:
    report = carried_out(account)
    assert (report.exit, report.details["parcels"]) == (Exit.MET, 3)
    assert report.details["events_counted_now"] == 9


def test_a_counter_that_differs_is_named_and_fails(account: MemoryAccount) -> None:
    pk = f"{WORKSPACE}#rollup#{FOLD_VERSION}#1h#0#all"
    more = Update(METRICS, Key(pk, "2026-11-20T10"), add={"page_views": 1})
    account.dynamo.write(more)
    report = carried_out(account)
    assert report.exit == Exit.MISSED
    assert report.details["differences"] == [
        {
            "group": "all",
            "resolution": "1h",
            "bucket": "2026-11-20T10:00:00+00:00",
            "name": "",
            "counter": "page_views",
            "present": 10,
            "rebuilt": 9,
        }
    ]


def test_an_object_that_holds_no_parcel_fails(account: MemoryAccount) -> None:
    names = ("100000.000000-par_broken.json.gz", "par_lost.json.gz")
    keys = [f"{archive_prefix(WORKSPACE, DAYS.first)}{name}" for name in names]
    for key in keys:
        account.buckets.client().put_object(Bucket=ARCHIVE, Key=key, Body=b"no parcel")
    report = carried_out(account)
    assert report.exit == Exit.MISSED
    assert report.details["unreadable"] == keys[::-1]


def test_a_parcel_that_can_never_be_folded_is_told_and_skipped(account: MemoryAccount) -> None:
    poison = happened("p", "llm.called", session="four", cost_usd=1e308)
    last = happened("z", session="five", minute=4)
    archive = Archive(Bucket(account.buckets.client(), ARCHIVE))
    for minutes, event in enumerate((poison, last)):
        (parcel,) = pack(WORKSPACE, [event], shards=LOCAL.shards, now=NOW)
        archive.keep(parcel, parcel.to_json(), NOW + timedelta(minutes=minutes))
    report = carried_out(account)
    assert report.exit == Exit.MISSED
    assert report.details["events_counted_now"] == 10
    (told,) = cast("list[str]", report.details["unfoldable"])
    assert told.endswith(": event 0, llm.called: ValueError")


def test_it_goes_on_where_it_was_stopped(account: MemoryAccount) -> None:
    stopped = rebuild(account)
    taken: list[Parcel] = []

    class Stopping:
        """A ledger that is down after one parcel."""

        def __init__(self) -> None:
            self._ledger = stopped.refold.ledger
            self.commit = self._ledger.commit

        def open(self, parcel: Parcel) -> object:
            if taken:
                raise StoreUnavailable("The tables are down.")
            taken.append(parcel)
            return self._ledger.open(parcel)

    stopped.refold.ledger = Stopping()  # type: ignore[assignment]  # opens as the real one does
    with pytest.raises(StoreUnavailable):
        stopped.carry_out(DAYS, lambda _: None)
    report = carried_out(account)
    assert (report.exit, report.details["events_counted_now"]) == (Exit.MET, 6)


def test_other_days_are_not_compared(account: MemoryAccount) -> None:
    pk = f"{WORKSPACE}#rollup#{FOLD_VERSION}#1h#0#all"
    account.dynamo.write(Update(METRICS, Key(pk, "2026-11-18T10"), add={"page_views": 1}))
    assert carried_out(account).exit == Exit.MET
