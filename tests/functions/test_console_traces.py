"""The console's routes of traces, on moto: lists with filters and cursors, and waterfalls."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

import boto3
import pytest

from cairn.platform.dynamo import Dynamo
from cairn.platform.observability.span import Span, SpanValue
from cairn.traces.store import TraceStore
from functions.console import handler as entry
from functions.console.settings import Settings
from functions.console.wiring import build
from tests.functions.callers import WORKSPACE, Answered, Context, answered, api_key, http_event
from tests.functions.cloud import Cloud
from tests.functions.refusals import Wire, tapped
from tests.spans import START, TRACE, span

LIST: Final = "GET /v1/traces"
ONE: Final = "GET /v1/traces/{id}"
NOW: Final = START + timedelta(minutes=30)

type Call = Callable[..., Answered]


@pytest.fixture(autouse=True)
def wire() -> Iterator[Wire]:
    """What passes between the console and AWS."""
    with tapped() as wire:
        yield wire


@pytest.fixture
def call(aws: Cloud, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Iterator[Call]:
    """Calls a route with a secret key."""
    del wire
    wiring = build(Settings.load(aws.variables), clock=lambda: NOW)
    key = api_key(aws)
    entry.process_application.cache_clear()
    monkeypatch.setattr(entry, "wiring", lambda: wiring)

    def called(route: str, query: Mapping[str, str] | None = None, **path: str) -> Answered:
        event = http_event(route, key=key, path=path, query=query)
        return answered(entry.handler(event, Context()))

    yield called
    entry.process_application.cache_clear()


def keep(aws: Cloud, spans: Sequence[Span], workspace: str = WORKSPACE) -> None:
    store = TraceStore(Dynamo(boto3.client("dynamodb")), aws.table("traces"), timedelta(days=3))
    store.keep(workspace, spans, NOW)


def requests(count: int) -> list[Span]:
    """As many traces of one span, a second apart; every tenth failed."""
    return [
        span(
            number,
            number * 1_000,
            number * 1_000 + number,
            trace_id=f"{number:032x}",
            name=f"POST /{number}",
            kind="server",
            status="error" if number % 10 == 0 else "unset",
        )
        for number in range(1, count + 1)
    ]


def test_a_trace_is_shown_as_a_waterfall(aws: Cloud, call: Call) -> None:
    keep(
        aws,
        [
            span(1, 0, 100, kind="server", name="POST /v1/decisions"),
            span(2, 10, 60, 1, name="tier", attributes={"tags": ("a", "b"), "share": 0.5}),
            span(3, 20, 50, 2, kind="client", status="error"),
            span(9, 5, 6, 77),
        ],
    )
    answer = call(ONE, id=TRACE)
    assert answer.status == 200
    seen = answer.json()
    assert seen | {"spans": [], "critical_path": []} == {
        "trace_id": TRACE,
        "start": "2026-11-20T10:00:00Z",
        "duration_ms": 100.0,
        "span_count": 4,
        "complete": True,
        "errors": 1,
        "services": ["shop"],
        "cost_usd": 0.0,
        "critical_path": [],
        "spans": [],
    }
    told = [
        (each["name"], each["depth"], each["orphan"], each["self_ms"]) for each in seen["spans"]
    ]
    assert told == [
        ("POST /v1/decisions", 0, False, 50.0),
        ("tier", 1, False, 20.0),
        ("work", 2, False, 30.0),
        ("work", 0, True, 1.0),
    ]
    assert seen["spans"][1]["attributes"] == {"tags": ["a", "b"], "share": 0.5}
    assert [(each["offset_ms"], each["duration_ms"]) for each in seen["critical_path"]] == [
        (0.0, 10.0),
        (10.0, 10.0),
        (20.0, 30.0),
        (50.0, 10.0),
        (60.0, 40.0),
    ]


def test_a_trace_of_2000_spans_is_read_in_one_query(aws: Cloud, call: Call, wire: Wire) -> None:
    keep(aws, [span(number, number, number + 9, number // 2) for number in range(1, 2_001)])
    wire.calls.clear()
    assert call(ONE, id=TRACE).json()["span_count"] == 2_000
    assert wire.calls["Query"] == 1


def test_a_chain_of_2000_spans_is_no_matter(aws: Cloud, call: Call) -> None:
    keep(aws, [span(number, number, 9_999, number - 1) for number in range(1, 2_001)])
    assert call(ONE, id=TRACE).json()["spans"][-1]["depth"] == 1_999


def test_a_trace_that_is_not_there_is_404_and_a_bad_id_400(aws: Cloud, call: Call) -> None:
    keep(aws, [span(1, 0, 1)], workspace="elsewhere")
    answer = call(ONE, id=TRACE)
    assert (answer.status, answer.json()["code"]) == (404, "trace.not_found")
    assert call(ONE, id="7").status == 400


def test_lists_are_filtered_and_paged(aws: Cloud, call: Call) -> None:
    keep(aws, requests(120))
    first = call(LIST).json()
    assert [each["name"] for each in first["traces"][:2]] == ["POST /120", "POST /119"]
    assert len(first["traces"]) == 50
    rest = call(LIST, {"cursor": first["next"], "limit": "100"}).json()
    assert [each["name"] for each in rest["traces"]] == [f"POST /{at}" for at in range(70, 0, -1)]
    assert rest["next"] is None
    failed = call(LIST, {"status": "error", "min_duration_ms": "50"}).json()["traces"]
    assert [each["name"] for each in failed] == [f"POST /{at}" for at in range(120, 40, -10)]


def test_a_row_says_what_a_trace_is_about(aws: Cloud, call: Call) -> None:
    told: dict[str, SpanValue] = {
        "cairn.flow": "onboarding",
        "cairn.source": "llm",
        "cairn.cost_usd": 0.003,
    }
    asked = span(2, 1, 50, 1, kind="client", attributes={"gen_ai.response.model": "gpt-4o-mini"})
    keep(aws, [span(1, 0, 80, kind="server", attributes=told), asked])
    filters = {"flow": "onboarding", "source": "llm", "model": "gpt-4o-mini", "service": "shop"}
    (row,) = call(LIST, {**filters, "min_cost_usd": "0.001", "max_duration_ms": "80"}).json()[
        "traces"
    ]
    assert row == {
        "trace_id": TRACE,
        "span_id": f"{1:016x}",
        "root": True,
        "name": "work",
        "service": "shop",
        "start": "2026-11-20T10:00:00Z",
        "duration_ms": 80.0,
        "status": "unset",
        "flow": "onboarding",
        "source": "llm",
        "model": "gpt-4o-mini",
        "cost_usd": 0.003,
    }


def test_a_time_may_be_given(aws: Cloud, call: Call) -> None:
    keep(aws, requests(20))
    query = {"from": "2026-11-20T10:00:05Z", "to": "2026-11-20T11:00:07%2B01:00"}
    traces = call(LIST, query).json()["traces"]
    assert [each["name"] for each in traces] == ["POST /7", "POST /6", "POST /5"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"from": "yesterday"}, "/query/from"),
        ({"from": "2026-11-01T00:00:00Z"}, "/query/from"),
        ({"to": "0001-01-01T00:00:00Z"}, "/query/from"),
        ({"to": "9999-12-31T23:59:59-05:00"}, "/query/from"),
        ({"limit": "101"}, "/query/limit"),
        ({"limit": "0"}, "/query/limit"),
        ({"status": "bad"}, "/query/status"),
        ({"min_duration_ms": "-1"}, "/query/min_duration_ms"),
        ({"min_cost_usd": "nan"}, "/query/min_cost_usd"),
        ({"cursor": "bm90IGEgY3Vyc29y"}, "/query/cursor"),
        ({"unheard": "of"}, "/query/unheard"),
    ],
)
def test_an_impossible_question_is_refused_with_its_place(
    call: Call, query: Mapping[str, str], pointer: str
) -> None:
    answer = call(LIST, query)
    assert answer.status == 400
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


def test_an_empty_week_is_looked_through_in_pages_of_bounded_queries(
    call: Call, wire: Wire
) -> None:
    query = {"from": "2026-11-13T11:00:00Z", "to": "2026-11-20T10:00:00Z"}
    call(LIST, query)
    wire.calls.clear()
    answer = call(LIST, query).json()
    assert wire.calls["Query"] == 24
    assert answer["traces"] == []
    assert answer["searched_from"] == "2026-11-19T11:00:00Z"
    assert answer["next"]


def test_a_table_that_refuses_is_503(call: Call, wire: Wire) -> None:
    call(LIST)
    wire.refusing.add("Query")
    assert call(LIST).status == 503
    assert call(ONE, id=TRACE).status == 503


def test_traces_are_not_for_publishable_keys(aws: Cloud, call: Call) -> None:
    del call
    event = http_event(LIST, key=api_key(aws, "publishable"))
    assert answered(entry.handler(event, Context())).status == 403
