"""The console over HTTP, on moto."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest

from cairn.configuration.model import Kind
from cairn.metrics.items import folded_at_ms, rollup_key
from cairn.metrics.model import Resolution, RollupKey
from cairn.platform.cache import NoCache
from cairn.platform.dynamo import Dynamo, Update
from cairn.platform.lanes import Lanes
from functions.console import handler as entry
from functions.console.health import Dependency
from functions.console.probes import FRESH_S, Lookout, cache_probe
from functions.console.settings import Settings
from functions.console.wiring import Wiring, build
from tests.fakes.ticks import Ticks
from tests.functions.callers import WORKSPACE, Answered, Context, answered, api_key, http_event
from tests.functions.cloud import Cloud
from tests.functions.publishing import publish

GOLDEN = Path(__file__).parents[2] / "events" / "console"
ANSWERS = {
    "cache-foreign-filter": 400,
    "dashboard": 200,
    "dashboard-publishable-key": 403,
    "dashboard-unknown-window": 400,
    "dashboard-without-key": 401,
    "experiment-page": 200,
    "experiment-results-unknown": 404,
    "experiment-unknown": 404,
    "experiments": 200,
    "experiments-unknown-status": 400,
    "flag-created": 201,
    "flag-created-dry-run": 200,
    "flag-disabled-publishable-key": 403,
    "flag-history-unknown": 404,
    "flag-replaced-unseen": 428,
    "flag-rolled-out-unknown": 404,
    "flags": 200,
    "funnel-as-csv": 200,
    "health": 200,
    "health-in-detail": 200,
    "health-of-dependencies": 200,
    "openapi": 200,
    "performance": 200,
    "prometheus": 200,
}
"""Per golden event, the status."""

NOW = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
DASHBOARD = "GET /v1/metrics/dashboard"
HEALTH = "GET /health"
ANEW = {"cache-control": "no-cache"}

type Invoke = Callable[[dict[str, object]], Answered]
type Call = Callable[..., Answered]
type Wire = Callable[[Wiring], None]


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """Puts a wiring under the handler."""

    def wired(wiring: Wiring) -> None:
        entry.process_application.cache_clear()
        monkeypatch.setattr(entry, "wiring", lambda: wiring)

    yield wired
    entry.process_application.cache_clear()


@pytest.fixture
def console(aws: Cloud) -> Wiring:
    """The real wiring, at a known time."""
    return build(Settings.load(aws.variables), clock=lambda: NOW)


@pytest.fixture
def invoke(console: Wiring, wire: Wire, context: Context) -> Invoke:
    """Hands an event to the handler."""
    wire(console)
    return lambda event: answered(entry.handler(event, context))


@pytest.fixture
def call(invoke: Invoke) -> Call:
    """Calls a route."""
    return lambda route, **parts: invoke(http_event(route, **parts))


def count(aws: Cloud, group: str, at: datetime, shard: int = 0, **counters: int) -> None:
    """Adds to the rollups of all resolutions, as the fold does."""
    dynamo = Dynamo(boto3.client("dynamodb"))
    for resolution in Resolution:
        key = rollup_key(WORKSPACE, shard, RollupKey(resolution, group, resolution.key(at)))
        add = {name.replace("__", "."): number for name, number in counters.items()}
        stamp = {"schema": 1, "expires_at": 2_000_000_000, "folded_at_ms": folded_at_ms(at)}
        dynamo.write(Update(aws.table("metrics"), key, add=add, put=stamp))


def test_every_golden_event_is_tried() -> None:
    assert sorted(ANSWERS) == sorted(file.stem for file in GOLDEN.iterdir())


@pytest.mark.parametrize(("name", "status"), ANSWERS.items())
def test_golden_events_are_answered_as_expected(
    aws: Cloud, invoke: Invoke, name: str, status: int
) -> None:
    event = (GOLDEN / f"{name}.json").read_text()
    for kind in ("secret", "publishable"):
        event = event.replace("{{" + kind + "_key}}", api_key(aws, kind, role="admin"))
    assert invoke(json.loads(event)).status == status


def test_the_dashboard_adds_up_events_sessions_page_views_and_conversions_of_all_shards(
    aws: Cloud, call: Call
) -> None:
    at = datetime(2026, 11, 20, 10, 29, tzinfo=UTC)
    count(aws, "all", at, shard=0, sessions=2, page_views=5, events__page_viewed=5)
    count(aws, "all", at, shard=3, sessions=1, conversions__purchase=1, folded__models=2)
    data = call(DASHBOARD, key=api_key(aws)).json()["data"]
    assert data["totals"] == {
        "sessions": 3,
        "page_views": 5,
        "events": {"page_viewed": 5},
        "conversions": {"purchase": 1},
        "late": 0,
    }
    assert data["folded"] == {"models": 2}


def test_the_dashboard_breaks_down_by_declared_dimensions_only(aws: Cloud, call: Call) -> None:
    telemetry = {
        "kind": "telemetry",
        "id": "default",
        "dimensions": [{"name": "month", "values": ["may", "nov"]}],
    }
    publish(aws, {(Kind.TELEMETRY, "default"): telemetry})
    dynamo = Dynamo(boto3.client("dynamodb"))
    for group in ("month", "undeclared"):
        key = rollup_key(WORKSPACE, 1, RollupKey(Resolution.MINUTE, group, "2026-11-20T10:29"))
        add = {"nov|sessions": 4, "nov|conversions.purchase": 1, "other|sessions": 1}
        dynamo.write(Update(aws.table("metrics"), key, add=add, put={"folded_at_ms": 0}))
    data = call(DASHBOARD, key=api_key(aws)).json()["data"]
    assert data["dimensions"] == {
        "month": {
            "nov": {"sessions": 4, "conversions": {"purchase": 1}},
            "other": {"sessions": 1, "conversions": {}},
        }
    }


def test_the_dashboard_without_a_window_covers_the_last_hour_minute_by_minute(
    aws: Cloud, call: Call
) -> None:
    answer = call(DASHBOARD, key=api_key(aws)).json()
    assert answer["window"] == "1h"
    assert answer["timestamp"] == "2026-11-20T10:30:00Z"
    assert answer["data"]["span"] == {
        "resolution": "1m",
        "start": "2026-11-20T09:31:00Z",
        "end": "2026-11-20T10:31:00Z",
    }
    assert len(answer["data"]["series"]) == 60


@pytest.mark.parametrize(
    ("query", "resolution", "start"),
    [
        ({"window": "6h"}, "1h", "2026-11-20T04:00:00Z"),
        ({"window": "7d"}, "1h", "2026-11-13T10:00:00Z"),
        ({"window": "30d"}, "1d", "2026-10-21T00:00:00Z"),
        ({"time_window_minutes": "90"}, "1h", "2026-11-20T09:00:00Z"),
    ],
)
def test_longer_windows_align_to_hours_and_to_days(
    aws: Cloud, call: Call, query: dict[str, str], resolution: str, start: str
) -> None:
    span = call(DASHBOARD, key=api_key(aws), query=query).json()["data"]["span"]
    assert (span["resolution"], span["start"]) == (resolution, start)


def test_the_dashboard_says_how_fresh_it_is_and_how_much_it_read(aws: Cloud, call: Call) -> None:
    span = {"start": "2026-11-20T09:31:00Z", "end": "2026-11-20T10:31:00Z"}
    assert call(DASHBOARD, key=api_key(aws)).json()["meta"] == {
        **span,
        "freshness_ms": None,
        "buckets_read": 0,
    }
    count(aws, "all", datetime(2026, 11, 20, 10, 29, 58, tzinfo=UTC), sessions=1)
    assert call(DASHBOARD, key=api_key(aws), headers=ANEW).json()["meta"] == {
        **span,
        "freshness_ms": 2_000,
        "buckets_read": 1,
    }


def test_what_is_over_is_remembered_for_a_moment_unless_it_is_asked_for_anew(
    aws: Cloud, call: Call
) -> None:
    key = api_key(aws)
    count(aws, "all", NOW, sessions=1)
    assert call(DASHBOARD, key=key).json()["data"]["totals"]["sessions"] == 1
    count(aws, "all", NOW, sessions=1)
    count(aws, "all", datetime(2026, 11, 20, 10, 29, tzinfo=UTC), sessions=5)
    assert call(DASHBOARD, key=key).json()["data"]["totals"]["sessions"] == 2
    anew = call(DASHBOARD, key=key, headers=ANEW).json()
    assert anew["data"]["totals"]["sessions"] == 7


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"window": "2h"}, "/query/window"),
        ({"time_window_minutes": "0"}, "/query/time_window_minutes"),
        ({"time_window_minutes": "soon"}, "/query/time_window_minutes"),
    ],
)
def test_an_impossible_window_is_refused_with_its_place(
    aws: Cloud, call: Call, query: dict[str, str], pointer: str
) -> None:
    refused = call(DASHBOARD, key=api_key(aws), query=query)
    assert (refused.status, refused.json()["code"]) == (400, "request.invalid")
    assert [each["pointer"] for each in refused.json()["errors"]] == [pointer]


def test_two_windows_at_once_are_refused(aws: Cloud, call: Call) -> None:
    query = {"window": "1h", "time_window_minutes": "5"}
    assert call(DASHBOARD, key=api_key(aws), query=query).status == 400


def test_metrics_need_a_key_that_may_read_them(aws: Cloud, call: Call) -> None:
    assert call(DASHBOARD).status == 401
    assert call(DASHBOARD, key="sk_demo_" + "0" * 48).json()["code"] == "access.key_unknown"
    refused = call(DASHBOARD, key=api_key(aws, "publishable"))
    assert (refused.status, refused.json()["code"]) == (403, "access.scope_missing")


def test_a_workspace_reads_its_own_counts_only(aws: Cloud, call: Call) -> None:
    count(aws, "all", NOW, sessions=7)
    other = call(DASHBOARD, key=api_key(aws, workspace="other"))
    assert other.json()["data"]["totals"]["sessions"] == 0


def test_silent_tables_are_told_as_unavailable_with_a_time_to_come_back(
    call: Call, monkeypatch: pytest.MonkeyPatch, wire: Wire
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    wire(build(Settings.load(os.environ), clock=lambda: NOW))
    refused = call(DASHBOARD, key="sk_demo_" + "0" * 48)
    assert (refused.status, refused.json()["code"]) == (503, "store_unavailable")
    assert refused.headers["retry-after"] == "1"


def test_refusals_are_problem_details_and_carry_the_callers_trace(call: Call) -> None:
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"}
    refused = call(DASHBOARD, headers=headers)
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["traceparent"].startswith(f"00-{trace_id}-")
    assert refused.json()["trace_id"] == trace_id
    assert refused.json()["type"] == "https://cairn.dev/problems/access.key_missing"


@pytest.mark.parametrize(
    ("route", "status", "code"),
    [
        ("GET /v1/metrics/nothing", 404, "route.not_found"),
        ("POST /v1/metrics/dashboard", 405, "route.method_not_allowed"),
    ],
)
def test_unknown_routes_and_methods_are_problem_details_too(
    call: Call, route: str, status: int, code: str
) -> None:
    refused = call(route)
    assert (refused.status, refused.json()["code"]) == (status, code)
    assert refused.headers["content-type"] == "application/problem+json"


def test_each_request_writes_one_line_with_its_workspace_and_status(
    aws: Cloud, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    call(DASHBOARD, key=api_key(aws))
    (line,) = [each for each in caplog.records if each.name == "console"]
    assert (line.getMessage(), line.levelname) == (DASHBOARD, "INFO")
    assert line.__dict__["workspace"] == WORKSPACE
    assert line.__dict__["status"] == 200


def test_a_fault_of_ours_is_answered_logged_and_keeps_its_words_to_itself(
    aws: Cloud, call: Call, console: Wiring, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def read(self, *_: object) -> None:
            raise RuntimeError("secret words")

    wire(replace(console, rollups=Broken()))  # type: ignore[arg-type]  # broken on purpose
    refused = call(DASHBOARD, key=api_key(aws))
    assert (refused.status, refused.json()["code"]) == (500, "internal")
    assert "secret words" not in refused.body
    (line,) = [each for each in caplog.records if each.levelname == "ERROR"]
    assert line.__dict__["error"] == "RuntimeError"


def test_health_without_a_key_says_the_status_and_nothing_else(call: Call) -> None:
    healthy = call(HEALTH)
    assert (healthy.status, healthy.json()) == (200, {"status": "ok"})


def test_health_with_a_key_says_what_cairn_stands_on(aws: Cloud, call: Call) -> None:
    boto3.client("sqs").send_message(
        QueueUrl=aws.queue_url("events"),
        MessageBody="{}",
        MessageGroupId="g-0000",
        MessageDeduplicationId="one",
    )
    health = call(HEALTH, key=api_key(aws)).json()
    assert health["status"] == "ok"
    assert {name: each["status"] for name, each in health["dependencies"].items()} == {
        "keys_table": "ok",
        "config_table": "ok",
        "metrics_table": "ok",
        "cache": "ok",
        "events_queue": "ok",
        "dead_events": "ok",
    }
    assert health["dependencies"]["events_queue"] == {
        "status": "ok",
        "waiting": 1,
        "in_flight": 0,
    }


def test_a_wrong_key_opens_no_details_of_health(aws: Cloud, call: Call) -> None:
    assert call(HEALTH, key="sk_demo_" + "0" * 48).status == 401
    assert call(HEALTH, key=api_key(aws, "publishable")).status == 403


def test_a_dead_letter_makes_health_degraded(aws: Cloud, call: Call) -> None:
    boto3.client("sqs").send_message(
        QueueUrl=aws.queue_url("events_dead"),
        MessageBody="{}",
        MessageGroupId="g-0000",
        MessageDeduplicationId="one",
    )
    health = call(HEALTH, key=api_key(aws))
    assert (health.status, health.json()["status"]) == (200, "degraded")
    assert health.json()["dependencies"]["dead_events"]["waiting"] == 1


def test_a_dead_cache_makes_health_degraded(
    aws: Cloud, call: Call, monkeypatch: pytest.MonkeyPatch, wire: Wire
) -> None:
    monkeypatch.setenv("CAIRN_CACHE_URL", "redis://127.0.0.1:9")
    wire(build(Settings.load(os.environ)))
    health = call(HEALTH, key=api_key(aws))
    assert (health.status, health.json()["status"]) == (200, "degraded")
    assert health.json()["dependencies"]["cache"]["status"] == "degraded"


def test_silent_tables_make_health_down_and_never_broken(
    call: Call, monkeypatch: pytest.MonkeyPatch, wire: Wire
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    wire(build(Settings.load(os.environ)))
    assert call(HEALTH).status == 503
    with_key = call(HEALTH, key="sk_demo_" + "0" * 48)
    assert (with_key.status, with_key.json()) == (503, {"status": "down"})


def test_a_missing_table_makes_health_down_and_never_broken(aws: Cloud, call: Call) -> None:
    key = api_key(aws)
    boto3.client("dynamodb").delete_table(TableName=aws.table("config"))
    health = call(HEALTH, key=key)
    assert (health.status, health.json()["status"]) == (503, "down")
    assert health.json()["dependencies"]["config_table"]["status"] == "down"


def test_without_the_table_of_keys_nobody_is_told_more_than_that(aws: Cloud, call: Call) -> None:
    key = api_key(aws)
    boto3.client("dynamodb").delete_table(TableName=aws.table("keys"))
    health = call(HEALTH, key=key)
    assert (health.status, health.json()) == (503, {"status": "down"})


def test_whoever_asks_and_however_often_costs_one_look_in_some_seconds(
    aws: Cloud, call: Call, console: Wiring, wire: Wire
) -> None:
    looks, ticks = list[Dependency](), Ticks()

    def table() -> Dependency:
        looks.append(Dependency(status="down" if looks else "ok"))
        return looks[-1]

    wire(replace(console, lookout=Lookout({"table": table}, Lanes(), ticks)))
    for _ in range(3):
        assert call(HEALTH).status == 200
    key = api_key(aws)
    assert call(HEALTH, key=key).json()["dependencies"] == {"table": {"status": "ok"}}
    ticks.pass_s(FRESH_S / 2)
    assert call(HEALTH).status == 200
    assert len(looks) == 1
    ticks.pass_s(FRESH_S / 2)
    assert [call(HEALTH).status for _ in range(3)] == [503] * 3
    assert len(looks) == 2


def test_one_broken_look_does_not_hide_the_others(
    aws: Cloud, call: Call, console: Wiring, wire: Wire
) -> None:
    def broken() -> Dependency:
        raise RuntimeError

    probes = {"broken": broken, "cache": cache_probe(NoCache())}
    wire(replace(console, lookout=Lookout(probes, Lanes(), Ticks())))
    health = call(HEALTH, key=api_key(aws))
    assert health.status == 503
    assert health.json()["dependencies"]["broken"]["status"] == "down"
    assert health.json()["dependencies"]["cache"]["status"] == "ok"
