"""Archiving traces: in parts, in turns, and whole in spite of crashes and clocks."""

import gzip
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cairn.platform.clock import Deadline
from cairn.platform.dynamo import Dynamo
from cairn.platform.objects import Bucket
from cairn.platform.observability.span import SpanValue
from cairn.traces.archive import PART_BYTES, PART_TRACES, Archivist
from cairn.traces.archive_store import TraceArchive
from cairn.traces.listing import HOUR
from cairn.traces.model import Bookmark, Parts
from cairn.traces.store import TraceReader, TraceStore
from cairn.traces.turns import AHEAD, RESERVE_MS, Archived, Turns, latest
from infra.inprocess.buckets import MemoryBuckets
from infra.inprocess.cloud import INDEXES
from infra.inprocess.tables import MemoryTables
from infra.inprocess.wire import CalmWire
from tests.fakes.ticks import Ticks
from tests.spans import START, span

KEPT: Final = timedelta(days=3)
DUE: Final = START + KEPT - AHEAD + HOUR
"""The first moment at which the hour of `START` is due."""

LONG_MS: Final = 1e9


class Crash(BaseException):
    """The process ends here."""


class Wire(CalmWire):
    """Counts calls, lets time pass with each query, and ends the process at a write.

    Attributes:
        calls: by name.
        query_s: how long a query takes.
        ends_at: the write after which the process ends, or before which, if it is not `heard`;
            -1 for none.
    """

    def __init__(self, ticks: Ticks) -> None:
        self.calls: Counter[str] = Counter()
        self.ticks = ticks
        self.query_s = 0.0
        self.ends_at = -1
        self.heard = False

    def sent(self, call: str) -> None:
        """See `Wire.sent`."""
        self.calls[call] += 1
        if call == "Query":
            self.ticks.pass_s(self.query_s)
        self._end(call, heard=False)

    def answered(self, call: str) -> None:
        """See `Wire.answered`."""
        self._end(call, heard=True)

    def _end(self, call: str, *, heard: bool) -> None:
        if call == "PutObject" and self.calls[call] == self.ends_at + 1 and heard == self.heard:
            self.ends_at = -1
            raise Crash


class House:
    """Tables and buckets in memory, and who archives from one to the other."""

    def __init__(self) -> None:
        self.ticks = Ticks()
        self.wire = Wire(self.ticks)
        self.client = MemoryBuckets(self.wire).client()
        tables = MemoryTables(self.wire, indexes={"listed": INDEXES["traces"]})
        dynamo = Dynamo(tables.client())
        self.store = TraceStore(dynamo, "traces", KEPT)
        self.archive = TraceArchive(Bucket(self.client, "archive"))
        archivist = Archivist(TraceReader(dynamo, "traces"), self.archive)
        self.turns = Turns(archivist, self.archive, KEPT)

    def keep(self, workspace: str, trace_ids: Iterable[str], late: timedelta = HOUR * 0) -> None:
        spans = [
            span(1, late / timedelta(milliseconds=1), 1e9, trace_id=each) for each in trace_ids
        ]
        self.store.keep(workspace, spans, START + late)

    def run(self, *workspaces: str, ms: float = LONG_MS, late: timedelta = HOUR * 0) -> Archived:
        """A run at the first moment at which the traces are due, or so much later."""
        deadline = Deadline.within(ms + RESERVE_MS, self.ticks)
        return self.turns.run(workspaces, DUE + late, deadline)

    def lines(self, workspace: str) -> list[list[str]]:
        """The ids in each part of the hour."""
        place = f"traces/{workspace}/{START:%Y/%m/%d/%H}/"
        listed = self.client.list_objects_v2(Bucket="archive", Prefix=place)["Contents"]
        bodies = [
            self.client.get_object(Bucket="archive", Key=each["Key"])["Body"].read()
            for each in listed
            if each["Key"].endswith(".gz")
        ]
        return [
            [json.loads(line)[0] for line in gzip.decompress(body).splitlines()] for body in bodies
        ]

    def found(self, workspace: str, trace_id: str) -> int:
        """How many spans of a trace are in the archive."""
        stored = self.archive.find(workspace, trace_id, START)
        return len(stored.spans) if stored else 0


@pytest.fixture
def house() -> House:
    return House()


def ids(count: int, prefix: str = "ab") -> list[str]:
    """Trace ids that begin alike."""
    return [f"{prefix}{number:030x}" for number in range(1, count + 1)]


def test_an_hour_is_archived_in_parts_in_the_order_of_ids(house: House) -> None:
    many = ids(2 * PART_TRACES + 1)
    house.keep("shop", reversed(many))
    done = house.run("shop")
    assert (done.traces, done.unfinished) == (len(many), 0)
    parts = house.lines("shop")
    assert [len(each) for each in parts] == [PART_TRACES, PART_TRACES, 1]
    assert [each for part in parts for each in part] == many


def test_a_part_ends_with_the_trace_that_fills_it(house: House) -> None:
    large: dict[str, SpanValue] = {"text": "x" * (PART_BYTES // 10)}
    for each in ids(4):
        wide = [span(number, number, 99, attributes=large) for number in range(1, 5)]
        house.store.keep("shop", [replace(one, trace_id=each) for one in wide], START)
    house.run("shop")
    assert [len(each) for each in house.lines("shop")] == [3, 1]


def test_a_trace_in_the_seventh_part_is_found_in_two_reads(house: House) -> None:
    many = ids(8 * PART_TRACES)
    house.keep("shop", many[::2])
    house.keep("shop", many[1::2])
    house.run("shop")
    sought = many[6 * PART_TRACES + 17]
    assert sought in house.lines("shop")[6]
    house.wire.calls.clear()
    stored = house.archive.find("shop", sought, START)
    assert stored is not None
    assert [each.trace_id for each in stored.spans] == [sought]
    assert house.wire.calls == {"GetObject": 2}


@pytest.mark.parametrize(("sought", "reads"), [("aa" + "0" * 30, 2), ("ac" + "0" * 30, 1)])
def test_a_trace_that_was_not_archived_is_missed_as_cheaply(
    house: House, sought: str, reads: int
) -> None:
    house.keep("shop", ids(3))
    house.run("shop")
    house.wire.calls.clear()
    assert house.found("shop", sought) == 0
    assert house.wire.calls == {"GetObject": reads}


def test_a_crowded_prefix_does_not_starve_another_workspace(house: House) -> None:
    house.keep("crowded", ids(1_000))
    house.keep("small", ids(3))
    house.wire.query_s = 1
    done = house.run("crowded", "small", ms=200_000)
    assert (done.unfinished, done.failures) == (1, [])
    assert [house.found("small", each) for each in ids(3)] == [1, 1, 1]
    assert len(house.lines("crowded")[0]) > 50
    runs = 1
    while house.run("crowded", "small", ms=200_000).unfinished:
        runs += 1
    assert runs < 1_000 / 100
    assert [each for part in house.lines("crowded") for each in part] == ids(1_000)


def test_time_that_others_leave_goes_to_who_was_cut_short(house: House) -> None:
    house.keep("crowded", ids(150))
    house.wire.query_s = 1
    idle = [f"idle-{number}" for number in range(9)]
    for each in idle:
        house.archive.mark(each, Bookmark(START, DUE - HOUR))
    house.archive.mark("crowded", Bookmark(START, DUE - HOUR))
    done = house.run("crowded", *idle, ms=200_000)
    assert (done.unfinished, done.traces, done.hours) == (0, 150, 10)


def test_who_was_cut_short_comes_first_the_next_time(house: House) -> None:
    names = ["a", "b", "c"]
    for each in names:
        house.archive.mark(each, Bookmark(START, DUE - HOUR))
        house.keep(each, ids(40))
    house.wire.query_s = 10
    seen: list[list[int]] = []
    for late in range(3):
        house.run(*names, ms=15_000, late=timedelta(minutes=late))
        seen.append([sum(map(len, house.lines(each))) for each in names])
    assert seen == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]


def test_without_time_nothing_is_begun(house: House) -> None:
    house.keep("shop", ids(1))
    assert house.run("shop", ms=0) == Archived(unfinished=1)
    assert house.wire.calls["Query"] == house.wire.calls["PutObject"] == 0


@pytest.mark.parametrize("heard", [False, True])
@pytest.mark.parametrize("ends_at", range(7))
def test_a_crash_at_any_write_loses_and_doubles_nothing(
    house: House, ends_at: int, *, heard: bool
) -> None:
    many = ids(3 * PART_TRACES)
    house.keep("shop", many[PART_TRACES // 2 :])
    house.archive.mark("shop", Bookmark(START, DUE - HOUR))
    house.wire.calls.clear()
    house.wire.ends_at, house.wire.heard = ends_at, heard
    with pytest.raises(Crash):
        house.run("shop")
    told = house.archive.parts("shop", START)
    late = [each for each in many[: PART_TRACES // 2] if each > told.end]
    house.keep("shop", late)
    house.run("shop")
    there = [each for part in house.lines("shop") for each in part]
    assert there == sorted({*many[PART_TRACES // 2 :], *late})
    assert all(house.found("shop", each) == 1 for each in there[::50])


def test_every_write_of_an_hour_was_crashed_at(house: House) -> None:
    house.keep("shop", ids(5 * PART_TRACES // 2))
    house.archive.mark("shop", Bookmark(START, DUE - HOUR))
    house.wire.calls.clear()
    house.run("shop")
    assert house.wire.calls["PutObject"] == 7


@settings(max_examples=40, deadline=None)
@given(
    st.sets(st.integers(0, 2**128 - 1), min_size=1, max_size=60),
    st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.integers(1, 30)), max_size=6),
)
def test_whatever_cuts_and_crashes_each_trace_lies_in_one_part(
    numbers: set[int], runs: list[tuple[int, bool, int]]
) -> None:
    house = House()
    many = sorted(f"{number:032x}" for number in numbers)
    house.keep("shop", many)
    house.wire.query_s = 1
    for ends_at, heard, seconds in runs:
        house.wire.calls.clear()
        house.wire.ends_at, house.wire.heard = ends_at, heard
        try:
            house.run("shop", ms=seconds * 1_000)
        except Crash:
            continue
    house.wire.ends_at = -1
    house.run("shop")
    assert [each for part in house.lines("shop") for each in part] == many
    assert all(house.found("shop", each) == 1 for each in many)


def test_what_fails_in_one_workspace_stops_no_other(house: House) -> None:
    house.keep("shop", ids(1))
    key = "traces/broken/bookmark.json"
    house.client.put_object(Bucket="archive", Key=key, Body=b"{}")
    done = house.run("broken", "shop")
    assert done.failures == ["broken: KeyError"]
    assert house.found("shop", ids(1)[0]) == 1


def test_ticks_that_were_lost_for_a_day_are_made_up_for(house: House) -> None:
    house.keep("shop", ids(2))
    house.keep("shop", ids(2, "ef"), HOUR)
    assert house.run("shop", late=timedelta(hours=22)).missed == 0
    assert [house.found("shop", each) for each in (*ids(2), *ids(2, "ef"))] == [1, 1, 0, 0]
    stored = house.archive.find("shop", ids(1, "ef")[0], START + HOUR)
    assert stored is not None
    assert stored.complete


def test_hours_that_expired_before_are_missed_and_counted(house: House) -> None:
    house.archive.mark("shop", Bookmark(START, DUE))
    assert house.run("shop", late=timedelta(hours=26)).missed == 3
    assert house.run("shop", late=timedelta(hours=26)).missed == 0


def test_what_expired_meanwhile_is_in_no_part(house: House) -> None:
    gone, there = ids(2)
    house.keep("shop", [gone])
    house.keep("shop", [there], timedelta(minutes=50))
    house.run("shop", late=timedelta(hours=23, minutes=20))
    assert house.lines("shop") == [[there]]


def test_what_is_up_to_date_costs_one_read(house: House) -> None:
    house.keep("shop", ids(1))
    house.run("shop")
    house.wire.calls.clear()
    assert house.run("shop", late=timedelta(minutes=59)) == Archived()
    assert house.wire.calls == {"GetObject": 1}


def test_the_latest_due_hour_is_over_and_expires_in_a_day() -> None:
    assert latest(DUE, KEPT) == START
    assert latest(DUE - timedelta(seconds=1), KEPT) == START - HOUR
    assert latest(DUE + timedelta(minutes=59), KEPT) == START


@given(st.lists(st.text("01", min_size=4, max_size=4), unique=True), st.text("01", max_size=4))
def test_a_part_holds_what_comes_after_the_part_before(ends: Sequence[str], sought: str) -> None:
    parts = Parts()
    for end in sorted(ends):
        parts = parts.and_one_to(end)
    bounds = list(pairwise(["", *parts.ends]))
    held = [place for place, (low, high) in enumerate(bounds, 1) if low < sought <= high]
    if sought:
        assert parts.holding(sought) == (held[0] if held else None)
