"""What the console tells of metrics over HTTP, on moto."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from cairn.configuration.model import Kind
from cairn.llm.breaker import Breaker
from cairn.llm.documents import ModelsDocument
from cairn.metrics.items import folded_at_ms, rollup_key
from cairn.metrics.model import Counters, Resolution, RollupKey
from cairn.metrics.sketch import counter_of
from cairn.platform.clock import epoch_ms
from cairn.platform.dynamo import Dynamo, Update
from cairn.platform.shared_state import MemoryState, Put
from functions.console import handler as entry
from functions.console.breakers import BreakerLook
from functions.console.settings import Settings
from functions.console.wiring import Wiring, build
from tests.functions.callers import WORKSPACE, Answered, Context, answered, api_key, http_event
from tests.functions.cloud import Cloud
from tests.functions.publishing import publish

NOW = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
EARLIER = NOW - timedelta(minutes=1)
SPLIT = "variation.adaptive_form"

TELEMETRY = {
    "kind": "telemetry",
    "id": "default",
    "dimensions": [
        {"name": "plan", "values": ["trial", "team"]},
        {"name": SPLIT, "values": ["adaptive", "fixed"], "segments": True},
    ],
}
FLOW = {"kind": "flow", "id": "onboarding", "steps": [{"id": "welcome"}, {"id": "plan"}]}
MODELS = {
    "kind": "models",
    "id": "default",
    "providers": [
        {"id": "east", "base_url": "https://east.example/v1", "model": "small"},
        {"id": "west", "base_url": "https://west.example/v1", "model": "large"},
    ],
}

METRICS = "GET /v1/metrics/"
ENDPOINTS = (
    "dashboard",
    "performance",
    "costs",
    "quality",
    "cache",
    "health",
    "funnel",
    "experiments",
)
TABULAR = tuple(each for each in ENDPOINTS if each != "health")
FILTERS = {
    "operation": "decide",
    "flow": "onboarding",
    "step": "plan",
    "variation": "adaptive_form:adaptive",
    "group_by": SPLIT,
    "format": "csv",
}
UNDERSTOOD = {
    "dashboard": {"format"},
    "performance": {"operation", "variation", "group_by", "format"},
    "costs": {"flow", "variation", "group_by", "format"},
    "quality": {"flow", "variation", "group_by", "format"},
    "cache": {"flow", "variation", "group_by", "format"},
    "health": set(),
    "funnel": {"flow", "step", "variation", "group_by", "format"},
    "experiments": {"format"},
}

type Call = Callable[..., Answered]
type Json = dict[str, Any]  # Any: JSON of the read API


@pytest.fixture
def console(aws: Cloud) -> Wiring:
    """The real wiring, at a known time, with something published."""
    publish(
        aws,
        {
            (Kind.TELEMETRY, "default"): TELEMETRY,
            (Kind.FLOW, "onboarding"): FLOW,
            (Kind.MODELS, "default"): MODELS,
        },
    )
    return build(Settings.load(aws.variables), clock=lambda: NOW)


@pytest.fixture
def wired(console: Wiring) -> Wiring:
    """The wiring under the handler; tests may replace it."""
    return console


@pytest.fixture
def call(
    aws: Cloud, wired: Wiring, context: Context, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Call]:
    """Reads a route with a secret key."""
    key = api_key(aws)
    entry.process_application.cache_clear()
    monkeypatch.setattr(entry, "wiring", lambda: wired)

    def called(route: str, **parts: object) -> Answered:
        event = http_event(route, **{"key": key, **parts})  # type: ignore[arg-type]  # handed on
        return answered(entry.handler(event, context))

    yield called
    entry.process_application.cache_clear()


def count(aws: Cloud, group: str, counters: Counters, name: str = "", shard: int = 0) -> None:
    """Adds to a rollup of a minute ago, at all resolutions, as the fold does."""
    dynamo = Dynamo(boto3.client("dynamodb"))
    for resolution in Resolution:
        rollup = RollupKey(resolution, group, resolution.key(EARLIER), name)
        put = {"schema": 1, "expires_at": 2_000_000_000, "folded_at_ms": folded_at_ms(EARLIER)}
        key = rollup_key(WORKSPACE, shard, rollup)
        dynamo.write(Update(aws.table("metrics"), key, add=counters, put=put))


def data(answer: Answered) -> Json:
    assert answer.status == 200, answer.body
    return dict(answer.json()["data"])


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_every_answer_has_the_same_frame(call: Call, endpoint: str) -> None:
    answer = call(METRICS + endpoint, query={"time_window_minutes": "90"}).json()
    assert list(answer) == ["timestamp", "window", "version", "data", "meta"]
    assert (answer["timestamp"], answer["window"]) == ("2026-11-20T10:30:00Z", "90m")
    assert answer["meta"] == {
        "start": "2026-11-20T09:00:00Z",
        "end": "2026-11-20T11:00:00Z",
        "freshness_ms": None,
        "buckets_read": 0,
    }


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("name", [*FILTERS, "colour"])
def test_a_filter_is_either_understood_or_refused_with_its_place(
    call: Call, endpoint: str, name: str
) -> None:
    answer = call(METRICS + endpoint, query={name: FILTERS.get(name, "red")})
    if name in UNDERSTOOD[endpoint]:
        assert answer.status == 200, answer.body
    else:
        assert (answer.status, answer.json()["code"]) == (400, "request.invalid")
        assert [each["pointer"] for each in answer.json()["errors"]] == [f"/query/{name}"]


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ({"window": "1h", "time_window_minutes": "5"}, "/query/time_window_minutes", "two_windows"),
        ({"group_by": "plan"}, "/query/group_by", "unknown_dimension"),
        ({"variation": "adaptive:x"}, "/query/variation", "unknown_dimension"),
        (
            {"variation": "adaptive_form:fixed", "group_by": SPLIT},
            "/query/group_by",
            "two_dimensions",
        ),
    ],
)
def test_what_cannot_be_answered_is_refused_with_its_place(
    call: Call, query: dict[str, str], pointer: str, code: str
) -> None:
    refused = call(f"{METRICS}performance", query=query)
    assert (refused.status, refused.json()["code"]) == (400, "request.invalid")
    (error,) = refused.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, f"metrics.{code}")


def test_more_than_sixty_days_are_refused(call: Call) -> None:
    longest = call(f"{METRICS}costs", query={"time_window_minutes": "86400"})
    assert longest.status == 200
    refused = call(f"{METRICS}costs", query={"time_window_minutes": "86401"})
    assert refused.json()["errors"][0]["pointer"] == "/query/time_window_minutes"


def test_performance_tells_percentiles_over_all_shards(aws: Cloud, call: Call) -> None:
    for shard, ms in ((0, 5), (3, 7)):
        counters = {"decide|count": 1, "decide|us": ms * 1_000}
        count(aws, "operations", counters, shard=shard)
        count(aws, "latency", {counter_of(ms * 1_000): 1}, name="decide", shard=shard)
    answer = call(f"{METRICS}performance")
    (decide,) = data(answer)["operations"]
    assert (decide["count"], decide["avg_ms"]) == (2, 6.0)
    assert decide["p50_ms"] == pytest.approx(5, rel=0.01)
    assert data(answer)["relative_error"] == 0.01
    assert answer.json()["meta"] == {
        "start": "2026-11-20T09:31:00Z",
        "end": "2026-11-20T10:31:00Z",
        "freshness_ms": 60_000,
        "buckets_read": 4,
    }


def test_performance_is_split_by_variation(aws: Cloud, call: Call) -> None:
    for value, counters in (("adaptive", {"count": 2, "b100": 2}), ("fixed", {"count": 3})):
        count(aws, f"operations@{SPLIT}", counters, name=f"{value}|decide")
    split = data(call(f"{METRICS}performance", query={"group_by": SPLIT}))["operations"]
    assert [(each["segment"], each["count"]) for each in split] == [
        ("adaptive", 2),
        ("fixed", 3),
    ]
    assert [each["p95_ms"] is None for each in split] == [False, True]
    (fixed,) = data(call(f"{METRICS}performance", query={"variation": "adaptive_form:fixed"}))[
        "operations"
    ]
    assert (fixed["segment"], fixed["count"]) == ("fixed", 3)


def test_funnels_are_told_of_published_flows_and_by_persona(aws: Cloud, call: Call) -> None:
    count(aws, "flow.onboarding", {"started": 3, "reached|welcome": 3, "completed|welcome": 2})
    count(aws, "flow.onboarding@persona", {"small_team|started": 1})
    (flow,) = data(call(f"{METRICS}funnel"))["flows"]
    assert [step["step"] for step in flow["steps"]] == ["welcome", "plan"]
    assert (flow["started"], flow["steps"][0]["dropped"]) == (3, 1)
    split = data(call(f"{METRICS}funnel", query={"group_by": "persona"}))["flows"]
    assert [(each["segment"], each["started"]) for each in split] == [
        ("small_team", 1),
        ("unknown", 2),
    ]


def test_a_flow_that_is_no_longer_published_may_still_be_asked_for(aws: Cloud, call: Call) -> None:
    count(aws, "flow.former", {"started": 2, "reached|hello": 2})
    assert len(data(call(f"{METRICS}funnel"))["flows"]) == 1
    (flow,) = data(call(f"{METRICS}funnel", query={"flow": "former"}))["flows"]
    assert [step["step"] for step in flow["steps"]] == ["hello"]


def test_costs_of_a_flow_are_its_own_and_their_rows_are_flows(aws: Cloud, call: Call) -> None:
    count(aws, "models", {"east/small|calls": 2, "east/small|nano_usd": 4_000_000_000})
    count(aws, "flow.onboarding", {"decisions": 2, "nano_usd": 3_000_000_000})
    costs = data(call(f"{METRICS}costs", query={"flow": "onboarding"}))
    assert (costs["cost_usd"], costs["models"], costs["tokens"]) == (3.0, [], None)
    rows = call(f"{METRICS}costs", query={"flow": "onboarding", "format": "jsonl"}).body
    assert [json.loads(each)["flow"] for each in rows.splitlines()] == ["onboarding"]


def test_late_events_are_told_of_the_whole_and_of_each_point(aws: Cloud, call: Call) -> None:
    count(aws, "all", {"sessions": 1, "late": 2})
    dashboard = data(call(f"{METRICS}dashboard"))
    assert dashboard["totals"]["late"] == 2
    assert [each["totals"]["late"] for each in dashboard["series"]][-3:] == [0, 2, 0]
    rows = call(f"{METRICS}dashboard", query={"format": "jsonl"}).body
    assert sum(json.loads(each)["late"] for each in rows.splitlines()) == 2


def test_costs_and_caches_read_flows_beside_models(aws: Cloud, call: Call) -> None:
    spent = {"nano_usd": 4_000_000_000}
    count(aws, "models", {"east/small|calls": 2, "east/small|nano_usd": 4_000_000_000})
    count(aws, "flow.onboarding", {"decisions": 4, "source.llm": 2, "cache.L1": 2, **spent})
    costs = data(call(f"{METRICS}costs"))
    assert (costs["cost_usd"], costs["saved_usd"]) == (4.0, 4.0)
    (plan,) = data(call(f"{METRICS}cache"))["plans"]
    assert plan["hit_rate"] == 0.5


def test_experiments_tell_sessions_and_conversions_by_variation(aws: Cloud, call: Call) -> None:
    count(aws, SPLIT, {"fixed|sessions": 2, "fixed|conversions.purchase": 1})
    count(aws, "plan", {"trial|sessions": 2})
    (fixed,) = data(call(f"{METRICS}experiments"))["variations"]
    assert fixed == {
        "flag": "adaptive_form",
        "variation": "fixed",
        "sessions": 2,
        "conversions": {"purchase": 1},
        "conversion_rates": {"purchase": 0.5},
    }


class TestHealth:
    """What is told of dependencies and providers."""

    @pytest.fixture
    def wired(self, console: Wiring) -> Wiring:
        state, models = MemoryState(), ModelsDocument.model_validate(MODELS)
        east, _ = (Breaker.of(WORKSPACE, each, models.breaker) for each in models.providers)
        until = str(epoch_ms(NOW) + 5_000).encode()
        state.apply([Put(east.look().key, until, 60_000)])
        return replace(console, breakers=BreakerLook(state))

    def test_each_provider_is_told_with_its_breaker_beside_what_it_did(
        self, aws: Cloud, call: Call
    ) -> None:
        count(aws, "models", {"east/small|calls": 4, "east/small|failed": 3})
        health = data(call(f"{METRICS}health"))
        assert health["status"] == "degraded"
        assert {"metrics_table", "cache", "events_queue"} <= set(health["dependencies"])
        assert health["providers"] == [
            {
                "provider": "east",
                "model": "small",
                "breaker": "open",
                "calls": 4,
                "failed": 3,
                "failure_rate": 0.75,
            },
            {
                "provider": "west",
                "model": "large",
                "breaker": "closed",
                "calls": 0,
                "failed": 0,
                "failure_rate": None,
            },
        ]


def test_where_instances_share_nothing_no_breaker_is_seen(call: Call) -> None:
    health = data(call(f"{METRICS}health"))
    assert health["status"] == "ok"
    assert [each["breaker"] for each in health["providers"]] == [None, None]


def test_models_of_several_documents_are_told_once_each(aws: Cloud, call: Call) -> None:
    north = {"id": "north", "base_url": "https://north.example/v1", "model": "small"}
    cheap = {"kind": "models", "id": "cheap", "providers": [north, *MODELS["providers"][:1]]}
    publish(aws, {(Kind.MODELS, "default"): MODELS, (Kind.MODELS, "cheap"): cheap})
    told = data(call(f"{METRICS}health"))["providers"]
    assert [(each["provider"], each["model"]) for each in told] == [
        ("north", "small"),
        ("east", "small"),
        ("west", "large"),
    ]


@pytest.mark.parametrize("endpoint", TABULAR)
def test_tables_are_given_as_csv_and_as_json_lines(aws: Cloud, call: Call, endpoint: str) -> None:
    count(aws, "operations", {"decide|count": 1})
    count(aws, "models", {"east/small|calls": 1})
    count(aws, SPLIT, {"fixed|sessions": 2})
    as_csv = call(METRICS + endpoint, query={"format": "csv"})
    assert as_csv.headers["content-type"] == "text/csv; charset=utf-8"
    table = list(csv.DictReader(io.StringIO(as_csv.body, newline="")))
    lines = call(METRICS + endpoint, query={"format": "jsonl"})
    assert lines.headers["content-type"] == "application/x-ndjson"
    rows = [json.loads(line) for line in lines.body.splitlines()]
    assert len(table) == len(rows) > 0
    assert set(table[0]) == {name for row in rows for name in row}


def test_a_name_from_outside_is_no_formula_in_a_table(aws: Cloud, call: Call) -> None:
    count(aws, "operations", {'=HYPERLINK("x")|count': 1})
    told = call(f"{METRICS}performance", query={"format": "csv"}).body
    (row,) = csv.DictReader(io.StringIO(told, newline=""))
    assert row["operation"] == '\'=HYPERLINK("x")'


def test_prometheus_reads_gauges_of_a_window(aws: Cloud, call: Call) -> None:
    count(aws, "all", {"sessions": 3, "events.page.viewed": 5, "folded.operations": 7, "late": 2})
    count(aws, "operations", {'a"b\\|count': 1, 'a"b\\|us': 2_000})
    count(aws, "latency", {counter_of(2_000): 1}, name='a"b\\')
    count(aws, "flow.onboarding", {"decisions": 2, "started": 1, "reached|welcome": 1})
    told = call("GET /metrics", query={"window": "5m"})
    assert told.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = told.body.splitlines()
    assert 'cairn_window_sessions{window="5m"} 3' in lines
    assert 'cairn_window_events{type="page.viewed",window="5m"} 5' in lines
    assert 'cairn_window_folded{name="operations",window="5m"} 7' in lines
    assert 'cairn_window_late_events{window="5m"} 2' in lines
    assert 'cairn_window_operations{operation="a\\"b\\\\",window="5m"} 1' in lines
    assert 'cairn_window_step_reached{flow="onboarding",step="welcome",window="5m"} 1' in lines
    assert {line.split()[3] for line in lines if line.startswith("# TYPE")} == {"gauge"}
    assert lines[-1] == "cairn_series_left_out 0"


def test_prometheus_needs_a_key_that_may_read_metrics(aws: Cloud, call: Call) -> None:
    assert call("GET /metrics", key=None).status == 401
    assert call("GET /metrics", key=api_key(aws, "publishable")).status == 403
