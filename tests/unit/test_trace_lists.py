"""Lists of traces: filters, pages, their bound on queries, and cursors."""

import base64
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.platform.dynamo import Dynamo
from cairn.platform.errors import InvalidRequest
from cairn.platform.observability.span import SpanValue
from cairn.traces.cursor import opened, sealed
from cairn.traces.listing import (
    LONGEST_SPAN,
    QUERIES,
    Filter,
    Found,
    Listed,
    Position,
    Question,
    first_position,
    page,
)
from cairn.traces.store import TraceReader, TraceStore
from infra.inprocess.cloud import INDEXES
from infra.inprocess.tables import MemoryTables
from tests.spans import START, span

NOW = START + timedelta(hours=2)
ANYTHING = Question("demo", Filter(), None, None)


class Counted:
    """Rows that count how often they are asked for."""

    def __init__(self, reader: TraceReader) -> None:
        self._reader = reader
        self.queries = 0
        self.looked_at = 0

    def rows(self, workspace: str, position: Position, limit: int) -> Listed:
        self.queries += 1
        listed = self._reader.rows(workspace, position, limit)
        self.looked_at += len(listed.rows)
        return listed


def kept(*minutes: float, every_error: int = 0) -> Counted:
    """A trace for each, so many minutes after `START`; names are their numbers."""
    dynamo = Dynamo(MemoryTables(indexes={"listed": INDEXES["traces"]}).client())
    spans = [
        span(
            number,
            at * 60_000,
            at * 60_000 + number,
            trace_id=f"{number:032x}",
            name=str(number),
            status="error" if every_error and number % every_error == 0 else "ok",
        )
        for number, at in enumerate(minutes, start=1)
    ]
    TraceStore(dynamo, "traces", timedelta(days=30)).keep("demo", spans, NOW)
    return Counted(TraceReader(dynamo, "traces"))


def names(found: Found) -> list[str]:
    return [row.name for row in found.rows]


def pages(rows: Counted, question: Question, limit: int, now: datetime = NOW) -> list[Found]:
    """All pages, from cursor to cursor."""
    found = [page(rows, question, first_position(question, now), limit)]
    while cursor := sealed(question, found[-1].following):
        found.append(page(rows, question, opened(question, cursor), limit))
    return found


def test_without_a_time_the_last_hour_is_listed_newest_first() -> None:
    rows = kept(0, 61, 70, 119, 121)
    found = page(rows, ANYTHING, first_position(ANYTHING, NOW), 50)
    assert names(found) == ["4", "3", "2"]
    assert (found.following, found.searched_from) == (None, NOW - timedelta(hours=1))
    assert rows.queries == found.queries == 2


def test_pages_are_the_list_in_pieces() -> None:
    question = replace(ANYTHING, start=START, end=NOW)
    rows = kept(*(number * 5 for number in range(24)))
    found = pages(rows, question, 7)
    assert [name for each in found for name in names(each)] == [str(24 - at) for at in range(24)]
    assert [len(each.rows) for each in found] == [7, 7, 7, 3]
    assert found[0].searched_from == found[0].rows[-1].start


def test_a_page_makes_no_more_than_its_queries_and_says_how_far_it_looked() -> None:
    question = replace(ANYTHING, start=NOW - LONGEST_SPAN, end=NOW)
    rows = kept(-6 * 24 * 60)
    found = pages(rows, question, 10)
    assert [name for each in found for name in names(each)] == ["1"]
    assert max(each.queries for each in found) == QUERIES
    assert found[0].searched_from == NOW - timedelta(hours=QUERIES - 1)
    assert rows.queries == sum(each.queries for each in found) == 7 * 24 + 1


def test_where_everything_is_looked_for_no_more_is_read_than_shown() -> None:
    question = replace(ANYTHING, start=START, end=NOW)
    rows = kept(*(number / 10 for number in range(1_150)))
    found = page(rows, question, first_position(question, NOW), 50)
    assert (len(found.rows), rows.looked_at) == (50, 50)
    assert found.following is not None


def test_rows_that_are_not_looked_for_do_not_fill_a_page() -> None:
    question = Question("demo", Filter(status="error"), START, NOW)
    rows = kept(*(number / 10 for number in range(1_200)), every_error=400)
    found = page(rows, question, first_position(question, NOW), 2)
    assert names(found) == ["1200", "800"]
    assert names(page(rows, question, found.following or first_position(question, NOW), 2)) == [
        "400"
    ]


@pytest.mark.parametrize(
    ("asked", "admitted"),
    [
        (Filter(), True),
        (Filter(status="ok", flow="f", source="rules", model="m", service="shop"), True),
        (Filter(status="error"), False),
        (Filter(flow="other"), False),
        (Filter(source="llm"), False),
        (Filter(model="other"), False),
        (Filter(service="other"), False),
        (Filter(min_duration_ms=100, max_duration_ms=100), True),
        (Filter(min_duration_ms=100.001), False),
        (Filter(max_duration_ms=99.999), False),
        (Filter(min_cost_usd=0.01), True),
        (Filter(min_cost_usd=0.02), False),
    ],
)
def test_every_filter_counts(asked: Filter, admitted: bool) -> None:  # noqa: FBT001
    told: dict[str, SpanValue] = {
        "cairn.flow": "f",
        "cairn.source": "rules",
        "cairn.cost_usd": 0.01,
        "gen_ai.request.model": "m",
    }
    dynamo = Dynamo(MemoryTables(indexes={"listed": INDEXES["traces"]}).client())
    one = span(1, 0, 100, status="ok", attributes=told)
    TraceStore(dynamo, "traces", timedelta(days=30)).keep("demo", [one], NOW)
    position = Position(start=START, end=START, hour=START)
    ((_, row),) = TraceReader(dynamo, "traces").rows("demo", position, 10).rows
    assert asked.admits(row) == admitted


@pytest.mark.parametrize(
    ("start", "end"),
    [(NOW, START), (START - LONGEST_SPAN, START + timedelta(seconds=1))],
)
def test_an_impossible_time_is_refused(start: datetime, end: datetime) -> None:
    with pytest.raises(InvalidRequest) as refused:
        first_position(replace(ANYTHING, start=start, end=end), NOW)
    assert refused.value.violations[0].pointer == "/query/from"


@pytest.mark.parametrize("end", [datetime(1, 1, 2, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)])
def test_before_the_epoch_there_is_nothing(end: datetime) -> None:
    question = replace(ANYTHING, start=end - timedelta(hours=1), end=end)
    found = page(kept(0), question, first_position(question, NOW), 10)
    assert (names(found), found.following) == ([], None)


def test_a_cursor_is_good_for_its_question_only() -> None:
    question = replace(ANYTHING, start=START, end=NOW)
    cursor = sealed(
        question, page(kept(0, 1), question, first_position(question, NOW), 1).following
    )
    assert cursor is not None
    others: Sequence[Question] = (
        replace(question, workspace="elsewhere"),
        replace(question, filter=Filter(status="error")),
        replace(question, end=NOW + timedelta(seconds=1)),
    )
    for other in others:
        with pytest.raises(InvalidRequest, match="another query"):
            opened(other, cursor)


@pytest.mark.parametrize(
    "change",
    [
        {"start": "2026-01-01T00:00:00Z"},
        {"start": "1969-12-31T00:00:00Z", "end": "1969-12-31T01:00:00Z"},
        {"end": "2027-01-01T00:00:00Z"},
        {"hour": "2026-11-20T08:00:00Z"},
        {"hour": "2026-11-20T23:00:00Z"},
        {"hour": "soon"},
        {"after": {"listed_at": "x", "trace_id": "0" * 32, "sk": "0" * 33}},
        {"after": {"listed_at": "0" * 16, "trace_id": "0" * 32, "sk": "0" * 33}},
        {"after": {"listed_at": "9" * 16, "trace_id": "0" * 32, "sk": "0" * 33}},
        {"after": {"listed_at": "0" * 16, "trace_id": "other#trace", "sk": "0" * 33}},
        {"after": 7},
    ],
)
def test_a_cursor_that_was_touched_is_refused(change: dict[str, object]) -> None:
    question = replace(ANYTHING, start=START, end=NOW)
    cursor = sealed(question, first_position(question, NOW))
    assert cursor is not None
    told = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    told["position"] |= change
    touched = base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")
    with pytest.raises(InvalidRequest) as refused:
        opened(question, touched)
    assert refused.value.code == "traces.cursor_invalid"


@given(st.text(max_size=60))
def test_any_other_text_is_no_cursor(text: str) -> None:
    with pytest.raises(InvalidRequest):
        opened(ANYTHING, text)
