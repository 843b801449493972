"""What the table of traces promises, on moto and on the tables of the proofs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import boto3
import pytest

from cairn.platform.dynamo import Dynamo
from cairn.platform.observability.span import SpanEvent, SpanValue
from cairn.traces.fragments import FRAGMENT_BYTES
from cairn.traces.listing import Position, hour_of
from cairn.traces.store import SHOWN_SPANS, TraceReader, TraceStore
from infra.inprocess.cloud import INDEXES
from infra.inprocess.tables import MemoryTables
from tests.functions.cloud import cloud
from tests.spans import START, TRACE, span

NOW = START + timedelta(minutes=1)
KEPT = timedelta(days=3)
OTHER = "c0ffee" + TRACE[6:]


@dataclass(frozen=True, slots=True)
class Traces:
    """Both sides of the table."""

    store: TraceStore
    reader: TraceReader

    @classmethod
    def over(cls, dynamo: Dynamo, table: str) -> "Traces":
        return cls(TraceStore(dynamo, table, KEPT), TraceReader(dynamo, table))

    def ids(self, trace_id: str = TRACE, workspace: str = "demo") -> list[int]:
        return [int(each.span_id, 16) for each in self.reader.read(workspace, trace_id, NOW).spans]

    def listed(self, position: Position, workspace: str = "demo", limit: int = 10) -> list[str]:
        return [row.name for _, row in self.reader.rows(workspace, position, limit).rows]


@pytest.fixture(params=["moto", "memory"])
def traces(request: pytest.FixtureRequest) -> Iterator[Traces]:
    if request.param == "memory":
        tables = MemoryTables(indexes={"listed": INDEXES["traces"]})
        yield Traces.over(Dynamo(tables.client()), "traces")
    else:
        with cloud() as aws:
            yield Traces.over(Dynamo(boto3.client("dynamodb")), aws.table("traces"))


def hour(minutes: float = 60) -> Position:
    """The hour that begins with `START`, up to so many minutes of it."""
    return Position(start=START, end=START + timedelta(minutes=minutes), hour=START)


def test_spans_come_back_as_they_were(traces: Traces) -> None:
    values: dict[str, SpanValue] = {"text": "ä\x00", "yes": True, "whole": 2**62, "part": 0.1}
    lists: dict[str, SpanValue] = {"names": ("a", "b"), "numbers": (1, 2), "none": ()}
    event = SpanEvent("done", 1_795_168_800_000_000_001, {"tags": ("x",)})
    spans = [
        replace(span(1, 0, 9, kind="server"), attributes={**values, **lists}, events=(event,)),
        span(2, 1.000001, 2, 1, status="error"),
    ]
    traces.store.keep("demo", spans, NOW)
    found = traces.reader.read("demo", TRACE, NOW)
    assert found.spans == tuple(spans)
    assert (found.complete, found.queries) == (True, 1)


def test_what_comes_again_is_kept_once_whoever_brings_it(traces: Traces) -> None:
    spans = [span(1, 0, 9), span(2, 1, 2, 1), span(3, 2, 3, 1)]
    traces.store.keep("demo", spans, NOW)
    traces.store.keep("demo", spans[::-1], NOW)
    traces.store.keep("demo", spans[1:], NOW)
    assert traces.ids() == [1, 2, 3]


def test_of_two_with_one_id_what_ended_last_counts(traces: Traces) -> None:
    traces.store.keep("demo", [span(1, 0, 9)], NOW)
    traces.store.keep("demo", [span(1, 0, 20)], NOW)
    traces.store.keep("demo", [span(1, 0, 5)], NOW)
    (found,) = traces.reader.read("demo", TRACE, NOW).spans
    assert found.end_ns - found.start_ns == 20_000_000


def test_of_two_with_one_id_in_one_export_what_ended_last_counts(traces: Traces) -> None:
    traces.store.keep("demo", [span(1, 0, 20), span(1, 0, 5)], NOW)
    (found,) = traces.reader.read("demo", TRACE, NOW).spans
    assert found.end_ns - found.start_ns == 20_000_000


def test_a_trace_that_nobody_kept_is_empty(traces: Traces) -> None:
    assert traces.reader.read("demo", TRACE, NOW).spans == ()
    traces.store.keep("demo", [], NOW)
    assert traces.listed(hour()) == []


def test_workspaces_are_walls(traces: Traces) -> None:
    traces.store.keep("demo", [span(1, 0, 9)], NOW)
    traces.store.keep("elsewhere", [span(2, 0, 9)], NOW)
    assert traces.ids() == [1]
    assert traces.ids(workspace="elsewhere") == [2]
    assert len(traces.listed(hour())) == 1


def test_expired_fragments_are_not_there_any_more(traces: Traces) -> None:
    traces.store.keep("demo", [span(1, 0, 9)], NOW)
    traces.store.keep("demo", [span(2, 0, 9, 1)], NOW + timedelta(hours=1))
    later = traces.reader.read("demo", TRACE, NOW + KEPT)
    assert [int(each.span_id, 16) for each in later.spans] == [2]


def test_lists_have_a_row_for_each_span_with_which_a_service_was_entered(traces: Traces) -> None:
    asked: dict[str, SpanValue] = {"gen_ai.request.model": "m", "cairn.cost_usd": 0.5}
    spans = [
        span(1, 0, 90, kind="client", name="browser", service="web"),
        span(2, 1, 80, 1, kind="server", name="POST /v1/decisions", attributes={"cairn.flow": "f"}),
        span(3, 2, 70, 2, name="tier"),
        span(4, 3, 60, 3, kind="client", attributes=asked),
    ]
    traces.store.keep("demo", spans, NOW)
    assert traces.ids() == [1, 2, 3, 4]
    (_, server), (_, browser) = traces.reader.rows("demo", hour(), 10).rows
    assert (server.name, server.root, server.flow, server.model) == (
        "POST /v1/decisions",
        False,
        "f",
        "m",
    )
    assert (server.cost_usd, server.duration_ms, server.trace_id) == (0.5, 79.0, TRACE)
    assert (browser.name, browser.root, browser.model) == ("browser", True, None)
    assert server.start - browser.start == timedelta(milliseconds=1)


def test_rows_come_newest_first_within_their_time_and_hour(traces: Traces) -> None:
    for number, minutes in enumerate((-1, 0, 30, 59, 60), start=1):
        one = span(number, minutes * 60_000, minutes * 60_000 + 5, name=str(minutes))
        traces.store.keep("demo", [replace(one, trace_id=f"{number:032x}")], NOW)
    assert traces.listed(hour()) == ["59", "30", "0"]
    assert traces.listed(hour(30)) == ["30", "0"]
    before = replace(hour(), start=START - timedelta(hours=1), hour=START - timedelta(hours=1))
    assert traces.listed(before) == ["-1"]
    assert hour_of(START + timedelta(minutes=59)) == START


def test_rows_go_on_after_the_last_one_that_was_looked_at(traces: Traces) -> None:
    for number in range(1, 6):
        one = span(number, 0, 5, name=str(number))
        traces.store.keep("demo", [replace(one, trace_id=f"{number:032x}")], NOW)
    names: list[str] = []
    position = hour()
    while True:
        listed = traces.reader.rows("demo", position, 2)
        names += [row.name for _, row in listed.rows]
        if listed.following is None:
            break
        assert listed.rows[-1][0] == listed.following
        position = replace(position, after=listed.following)
    assert sorted(names) == ["1", "2", "3", "4", "5"]


def test_a_trace_of_2000_spans_takes_one_query(traces: Traces) -> None:
    told: dict[str, SpanValue] = {
        f"attribute.{number}": f"some value {number}" for number in range(10)
    }
    spans = [
        span(number, number / 10, number / 10 + 5, number // 3, attributes=told)
        for number in range(1, 2_001)
    ]
    traces.store.keep("demo", spans, NOW)
    found = traces.reader.read("demo", TRACE, NOW)
    assert (len(found.spans), found.complete, found.queries) == (2_000, True, 1)


def test_a_trace_beyond_what_can_be_shown_is_cut_and_says_so(traces: Traces) -> None:
    spans = [span(number, number, number + 1, number - 1) for number in range(1, 5_002)]
    for start in range(0, len(spans), 500):
        traces.store.keep("demo", spans[start : start + 500], NOW)
    found = traces.reader.read("demo", TRACE, NOW)
    assert found.spans == tuple(spans[:SHOWN_SPANS])
    assert not found.complete


def test_large_spans_lie_in_fragments_of_their_own(traces: Traces) -> None:
    large = "x" * (FRAGMENT_BYTES // 2)
    spans = [
        span(number, number, number + 1, 1, attributes={"text": large}) for number in range(2, 6)
    ]
    traces.store.keep("demo", [span(1, 0, 100, kind="server"), *spans], NOW)
    assert traces.ids() == [1, 2, 3, 4, 5]
    assert len(traces.listed(hour())) == 1
    assert traces.ids(OTHER) == []
