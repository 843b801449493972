"""What a backfill makes of an experiment: what it would be, had it been published before."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cairn.configuration.model import Actor, Kind, Publication, address, digest_of
from cairn.configuration.publish import next_release
from cairn.configuration.store import ConfigurationStore
from cairn.events.model import Event, Parcel
from cairn.events.pack import pack
from cairn.events.store import Archive, archive_prefix
from cairn.experiments.model import ExperimentDocument
from cairn.experiments.participant import AFTER, BEFORE
from cairn.experiments.results import MetricResult
from cairn.experiments.store import ArmsStore, ExperimentRecordStore
from cairn.metrics.following import Identity, Participants
from cairn.metrics.model import Counters
from cairn.metrics.series import GLUE
from cairn.platform.objects import Bucket
from infra.backfill.place import backfill_of
from infra.backfill.run import Backfill
from infra.config import LOCAL
from infra.inprocess.account import ARCHIVE, MemoryAccount
from infra.inprocess.buckets import MemoryBuckets
from infra.inprocess.queues import MemoryQueues
from infra.inprocess.tables import MemoryTables
from infra.inprocess.wire import CalmWire
from infra.local.failure import LocalError
from infra.proof import Exit, Report
from infra.rebuild.place import Stores
from infra.stores import Table
from tests.arms import CONTROL, DOCUMENT, EXPERIMENT, FLAG, METRICS, OTHER, bought, served
from tests.parcels import NOW, happened

EARLY, LATE = "early", "late"
"""Workspaces in which the same happens: one published the experiment before, one after it did."""

DAY: Final = 24 * 60
PEOPLE: Final = 40
START: Final = NOW.replace(minute=0, second=0)
PUBLISHED: Final = START - timedelta(minutes=30)
TICK: Final = json.loads(
    (Path(__file__).parents[2] / "events" / "analyze" / "tick.json").read_text()
)


READS: Final = frozenset({"GetItem", "BatchGetItem", "Query"})
CHANGED: Final = ("moments_added", "participants_changed", "participants_linked")


class Crash(BaseException):
    """The process ends here."""


class Fuse(CalmWire):
    """Listens, and crashes before or after a transaction is carried out.

    Attributes:
        calls: every call to the tables.
        before: so many transactions are still sent; None where it never crashes.
        after: the same of those that are answered.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.before: int | None = None
        self.after: int | None = None

    def sent(self, call: str) -> None:
        self.calls.append(call)
        self.before = _burnt(self.before, call)

    def answered(self, call: str) -> None:
        self.after = _burnt(self.after, call)


def _burnt(left: int | None, call: str) -> int | None:
    if left is None or call != "TransactWriteItems":
        return left
    if left == 0:
        raise Crash
    return left - 1


class World:
    """A fold, an analysis and an archive, with a clock."""

    def __init__(self) -> None:
        self.now = START - timedelta(days=6)
        self.fuse = Fuse()
        self.account = MemoryAccount(
            MemoryTables(self.fuse), MemoryQueues(self.clock), MemoryBuckets(), self.clock
        )

    def clock(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()

    def live(self, *, judging: bool = True) -> None:
        """Starts the functions."""
        self._fold = self.account.start("aggregate_metrics", LOCAL.shards, tick=self.seconds)
        if judging:
            self._analyze = self.account.start("analyze", LOCAL.shards, tick=self.seconds)

    def publish(self, workspace: str, **fields: object) -> None:
        written = DOCUMENT.model_copy(update={"started": START, **fields})
        told = (*METRICS, FLAG, ExperimentDocument.model_validate(written.model_dump()))
        bodies = {address(Kind(each.kind), each.id): each.model_dump_json() for each in told}
        store = ConfigurationStore(self.account.dynamo, LOCAL.named(Table.CONFIG))
        release, changes = next_release(store.release(workspace), bodies, self.now)
        publication = Publication(
            release=release.version,
            at=self.now,
            by=Actor(via="apply", id="tests"),
            did="apply",
            changes=tuple(changes),
        )
        store.publish(release, {digest_of(each): each for each in bodies.values()}, publication)

    def happen(self, at: datetime, *events: Event) -> None:
        """Events come, in both workspaces."""
        self.now = max(self.now, at)
        for workspace in (EARLY, LATE):
            for parcel in pack(workspace, events, shards=LOCAL.shards, now=at):
                self.come(parcel)

    def come(self, parcel: Parcel) -> None:
        """A parcel comes."""
        attributes = {"MessageGroupId": parcel.group}
        record = {"messageId": parcel.id, "body": parcel.to_json(), "attributes": attributes}
        assert self._fold({"Records": [record]}) == {"batchItemFailures": []}

    def backfill(self, name: str = EXPERIMENT, *, dry_run: bool = False) -> Backfill:
        buckets, dynamo = self.account.buckets.client(), self.account.dynamo
        stores = Stores(LOCAL, dynamo, buckets, ARCHIVE, LOCAL.shards)
        return backfill_of(stores, LATE, name, self.clock, dry_run=dry_run, wait=lambda _: None)

    def filled(self, *, dry_run: bool = False) -> Report:
        return self.backfill(dry_run=dry_run).carry_out(lambda _: None)

    def arms(self, workspace: str) -> dict[str, int]:
        store = ArmsStore(self.account.dynamo, LOCAL.named(Table.METRICS), LOCAL.shards)
        return dict(store.counters(workspace, EXPERIMENT))

    def revenue(self, workspace: str) -> MetricResult:
        """What an analysis says now of the metric that CUPED helps."""
        self.now += timedelta(minutes=15)
        self._analyze(TICK)
        store = ExperimentRecordStore(self.account.dynamo, LOCAL.named(Table.EXPERIMENTS))
        standing = store.standing(workspace, EXPERIMENT)
        assert standing is not None
        (found,) = [each for each in standing.result.findings.goals if each.metric == "revenue"]
        return found


@dataclass(frozen=True, slots=True)
class Play:
    """Parcels as they come, when the late workspace publishes, and when it is filled in."""

    parcels: Sequence[Sequence[Event]]
    published: int
    filled: frozenset[int]


@st.composite
def plays(draw: st.DrawFn) -> Play:
    """Of a few people, each with two sessions, some events twice; exposures once both count."""
    people, sessions = st.integers(0, 2), st.integers(0, 1)

    def event(name: str, first: int) -> Event:
        person, session = draw(people), draw(sessions)
        place = f"s-{person}-{session}"
        subject = f"u-{person}" if draw(st.booleans()) else None
        minute = draw(st.integers(first, first + DAY))
        match draw(st.sampled_from(["served", "bought", "viewed"] if first >= 0 else ["bought"])):
            case "served":
                variation = draw(st.sampled_from([CONTROL, CONTROL, OTHER]))
                return served(name, variation, session=place, subject=subject, minute=minute)
            case "bought":
                value = draw(st.sampled_from([1, 2, 30]))
                return bought(name, value, session=place, subject=subject, minute=minute)
            case _:
                return happened(name, session=place, subject=subject, minute=minute)

    before = [event(f"a-{each}", -4 * DAY) for each in range(draw(st.integers(1, 12)))]
    late = [event(f"b-{each}", -2 * DAY) for each in range(draw(st.integers(0, 3)))]
    after = [event(f"c-{each}", 0) for each in range(draw(st.integers(1, 12)))]
    again = draw(st.lists(st.sampled_from(before), max_size=3))
    later = draw(st.permutations([*late, *after, *again]))
    parcels = [[each] for each in (*before, *later)]
    filled = draw(st.frozensets(st.integers(0, len(parcels)), max_size=2))
    return Play(parcels, len(before), filled)


@pytest.fixture
def world() -> Iterator[World]:
    """A world whose experiment is published in the early workspace."""
    made = World()
    with made.account.functions(["aggregate_metrics", "analyze"]):
        made.live()
        made.publish(EARLY)
        yield made


def before(person: int) -> list[Event]:
    """What somebody does in the week before, as a session that shows who it is in between."""
    spent = person % 7 + 1
    session, subject = f"s-{person}", f"u-{person}"
    minute = person - (person % 5 + 1) * DAY
    return [
        happened(f"v-{person}", session=session, minute=minute - 2),
        bought(f"a-{person}", spent, session=session, minute=minute - 1),
        happened(f"l-{person}", "session.started", session=session, subject=subject, minute=minute),
        bought(f"b-{person}", spent / 2, session=session, minute=minute + 1),
    ]


def after(person: int) -> list[Event]:
    """And from the start on, known in a new session, or in the former one, which shows nobody."""
    spent = person % 7 + 1 + (person % 3) / 2
    session, subject = (f"t-{person}", f"u-{person}") if person % 4 else (f"s-{person}", None)
    variation = OTHER if person % 2 else CONTROL
    return [
        served(f"x-{person}", variation, session=session, subject=subject, minute=person),
        bought(f"c-{person}", spent, session=session, minute=person + 1),
        happened(f"w-{person}", session=session, minute=person + 2),
    ]


def week(world: World) -> None:
    """All that comes before the late workspace publishes."""
    for person in sorted(range(PEOPLE), key=lambda each: before(each)[0].at):
        events = before(person)
        world.happen(events[-1].at, *events)
    world.now = PUBLISHED
    world.publish(LATE)


def start(world: World) -> None:
    """All that comes after, some of it late or again, in other company."""
    world.happen(PUBLISHED + timedelta(minutes=1), *before(3), *before(4)[:2])
    world.happen(PUBLISHED + timedelta(minutes=2), bought("d-5", 9, session="s-5", minute=-DAY))
    for person in range(PEOPLE):
        events = after(person)
        world.happen(events[-1].at, *events)


def test_what_nobody_followed_is_filled_in_as_if_it_had_been(world: World) -> None:
    week(world)
    start(world)
    told = world.revenue(LATE)
    codes = {each.code: each.text for each in told.notes}
    assert (told.cuped, "cuped_no_past" in codes) == (None, False)
    assert "followed since 2026-11-20T09:30:00.0" in codes["cuped_not_followed"]
    assert f"`cairn backfill {EXPERIMENT}`" in codes["cuped_not_followed"]
    assert world.arms(LATE) != world.arms(EARLY)
    report = world.filled()
    assert world.arms(LATE) == world.arms(EARLY)
    assert (report.exit, report.details["participants_changed"]) == (Exit.MET, PEOPLE)
    filled, truth = world.revenue(LATE), world.revenue(EARLY)
    assert filled.cuped is not None
    assert (filled.cuped, filled.lift) == (truth.cuped, truth.lift)
    assert {each.code for each in filled.notes}.isdisjoint({"cuped_no_past", "cuped_not_followed"})


def test_filled_in_before_the_start_what_follows_counts_on_it(world: World) -> None:
    week(world)
    world.filled()
    start(world)
    assert world.arms(LATE) == world.arms(EARLY)


def test_twice_is_once(world: World) -> None:
    week(world)
    start(world)
    first = world.filled()
    assert first.details["events"] == PEOPLE * 5 + 1
    assert first.details["moments_added"] == PEOPLE * 9
    world.fuse.calls.clear()
    again = world.filled()
    assert again.details["parcels"] == first.details["parcels"]
    assert again.details["events"] == first.details["events"]
    assert {again.details[each] for each in CHANGED} == {0}
    assert again.details["arms_changed"] == {}
    assert set(world.fuse.calls) <= READS
    assert world.arms(LATE) == world.arms(EARLY)


def test_a_dry_run_tells_the_same_and_writes_nothing(world: World) -> None:
    week(world)
    start(world)
    before = world.arms(LATE)
    world.fuse.calls.clear()
    told = world.filled(dry_run=True)
    assert set(world.fuse.calls) <= READS
    assert world.arms(LATE) == before
    assert world.filled().details == told.details


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("transactions", [0, 1, PEOPLE - 1, PEOPLE, PEOPLE + 7])
def test_what_dies_in_the_middle_is_finished_by_the_next_run(
    world: World, moment: str, transactions: int
) -> None:
    week(world)
    start(world)
    setattr(world.fuse, moment, transactions)
    with pytest.raises(Crash):
        world.filled()
    setattr(world.fuse, moment, None)
    world.filled()
    assert world.arms(LATE) == world.arms(EARLY)


def test_what_the_fold_has_not_folded_yet_is_left_to_it(world: World) -> None:
    week(world)
    start(world)
    events = [bought(f"q-{each}", 5, session=f"s-{each}", minute=-2 * DAY) for each in range(3)]
    waiting = pack(LATE, events, shards=LOCAL.shards, now=world.now)
    archive = Archive(Bucket(world.account.buckets.client(), ARCHIVE))
    for parcel in waiting:
        archive.keep(parcel, parcel.to_json(), world.clock())
    report = world.filled()
    assert report.details["parcels_unfolded"] == len(waiting)
    assert world.arms(LATE) == world.arms(EARLY)
    world.happen(world.now, *events)
    assert world.arms(LATE) == world.arms(EARLY)
    world.filled()
    assert world.arms(LATE) == world.arms(EARLY)


def test_the_fold_goes_on_meanwhile(world: World) -> None:
    week(world)
    start(world)
    made = world.backfill()
    live = made.filling.store
    met: set[Identity] = set()

    class Racing:
        """A store in which the fold is faster once with every participant."""

        participants = live.participants

        @staticmethod
        def write(
            workspace: str, changed: Participants, arms: Mapping[str, Counters], now: datetime
        ) -> None:
            for each in changed.keys() - met:
                met.add(each)
                session = f"s-{each.id.partition('-')[2]}"
                world.happen(world.now, bought(f"{each.kind}-{each.id}", 3, session=session))
            live.write(workspace, changed, arms, now)

    made.filling.store = Racing()
    made.carry_out(lambda _: None)
    assert {each.kind for each in met} == {"session", "subject"}
    assert world.arms(LATE) == world.arms(EARLY)


def test_of_somebody_busy_the_same_events_are_kept(world: World) -> None:
    def busy(name: str, minutes: range) -> None:
        events = [bought(f"{name}-{each}", each % 9, minute=each) for each in minutes]
        for begins in range(0, len(events), 50):
            world.happen(events[begins].at, *events[begins : begins + 50])

    busy("a", range(-DAY, -DAY + BEFORE + 9))
    world.now = PUBLISHED
    world.publish(LATE)
    busy("b", range(-20, -15))
    exposure = served("x", session="s-1")
    world.happen(exposure.at, exposure)
    busy("c", range(1, AFTER + 9))
    assert world.filled().details["moments_added"] == (BEFORE - 5) * 4
    assert world.arms(LATE) == world.arms(EARLY)
    assert world.filled().details["arms_changed"] == {}


def test_a_metric_that_joins_while_it_runs_is_filled_in_from_before_and_since(
    world: World,
) -> None:
    world.publish(LATE, metrics=("buyers",), guardrails=())
    for person in range(PEOPLE):
        world.happen(before(person)[-1].at, *before(person))
    for person in range(PEOPLE // 2):
        world.happen(after(person)[-1].at, *after(person))
    world.publish(LATE)
    for person in range(PEOPLE // 2, PEOPLE):
        world.happen(after(person)[-1].at, *after(person))
    world.filled()
    assert world.arms(LATE) == world.arms(EARLY)


@pytest.mark.parametrize("shown", [-DAY, 5])
def test_an_anonymous_id_that_becomes_a_user_takes_its_past_along(
    world: World, shown: float
) -> None:
    def viewed(name: str, minute: float, session: str, subject: str | None = None) -> None:
        event = happened(name, session=session, subject=subject, minute=minute)
        world.happen(event.at, event)

    viewed("a-1", -3 * DAY, "s-1", "anonymous")
    viewed("a-2", -2 * DAY, "s-2", "anonymous")
    if shown < 0:
        viewed("a-3", shown, "s-2", "user")
    world.now = PUBLISHED
    world.publish(LATE)
    exposure = served("x-1", session="s-3", subject="user", minute=1)
    world.happen(exposure.at, exposure)
    if shown > 0:
        viewed("a-3", shown, "s-2", "user")
    world.filled()
    assert world.arms(EARLY)[GLUE.join((CONTROL, "basket", "pre_den"))]
    assert world.arms(LATE) == world.arms(EARLY)
    viewed("a-4", 6, "s-1")
    viewed("a-5", 7, "s-4", "user")
    assert world.arms(LATE) == world.arms(EARLY)


@given(plays())
@settings(max_examples=25, deadline=None)
def test_whenever_it_is_published_and_filled_in_it_is_as_if_published_before(play: Play) -> None:
    world = World()
    with world.account.functions(["aggregate_metrics"]):
        world.live(judging=False)
        world.publish(EARLY)
        for number, events in enumerate(play.parcels):
            if number == play.published:
                world.publish(LATE)
            if number > play.published and number in play.filled:
                world.filled()
            world.happen(world.now + timedelta(minutes=1), *events)
        world.filled()
        assert world.arms(LATE) == world.arms(EARLY)


def test_an_experiment_that_is_not_there_is_told(world: World) -> None:
    week(world)
    with pytest.raises(LocalError, match="There is no experiment other in late"):
        world.backfill("other")


def test_an_experiment_without_a_start_is_told(world: World) -> None:
    week(world)
    world.publish(LATE, started=None)
    with pytest.raises(LocalError, match="Nothing of headline is counted"):
        world.backfill()


def test_an_archive_from_after_the_start_is_told(world: World) -> None:
    world.now = PUBLISHED
    world.publish(LATE)
    with pytest.raises(LocalError, match="The archive of late is empty"):
        world.backfill()
    start(world)
    world.publish(LATE, started=START - timedelta(days=1))
    with pytest.raises(LocalError, match="The archive of late begins at 2026-11-20T09:31:00"):
        world.backfill()


def test_an_archive_that_has_dropped_some_of_it_is_told(world: World) -> None:
    week(world)
    world.now = START + timedelta(days=2)
    world.backfill()
    world.now += timedelta(days=1)
    with pytest.raises(LocalError, match="since it keeps 7 days; the time before begins on 2026"):
        world.backfill()


def test_an_object_that_holds_no_parcel_is_told_and_no_hindrance(world: World) -> None:
    week(world)
    start(world)
    put = world.account.buckets.client().put_object
    day = START - timedelta(days=3)
    keys = [f"{archive_prefix(LATE, day)}{name}" for name in ("100000.000000-x.json.gz", "lost")]
    for key in (*keys, f"parcels/{LATE}/1"):
        put(Bucket=ARCHIVE, Key=key, Body=b"no parcel")
    report = world.filled()
    assert (report.exit, sorted(report.details["unreadable"])) == (Exit.MISSED, sorted(keys))  # type: ignore[call-overload]  # a list
    assert world.arms(LATE) == world.arms(EARLY)


def test_an_archive_that_reaches_back_may_be_as_old_as_it_is(world: World) -> None:
    world.now = START - timedelta(days=15)
    world.happen(world.now, happened("a", session="s-1", minute=-15 * DAY))
    week(world)
    world.now = START + timedelta(days=3)
    assert world.filled().exit == Exit.MET
