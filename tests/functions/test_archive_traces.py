"""archive-traces on moto: what is archived, when, and how it is read once its days are over."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import boto3
import pytest

from cairn.configuration.model import Kind
from cairn.platform.dynamo import Dynamo
from cairn.platform.objects import Bucket
from cairn.platform.observability.span import Span
from cairn.traces.archive_store import TraceArchive
from cairn.traces.listing import HOUR
from cairn.traces.store import TraceStore
from cairn.traces.turns import AHEAD
from functions.archive_traces.handler import handler
from functions.archive_traces.settings import Settings
from functions.archive_traces.wiring import build
from functions.console import handler as console
from functions.console.settings import Settings as ConsoleSettings
from functions.console.wiring import build as build_console
from tests.functions.callers import WORKSPACE, Context, answered, api_key, http_event
from tests.functions.cloud import Cloud
from tests.functions.publishing import publish
from tests.functions.refusals import Wire, tapped
from tests.spans import START, TRACE, span

TICK: Final = json.loads(
    (Path(__file__).parents[2] / "events" / "archive-traces" / "tick.json").read_bytes()
)
KEPT: Final = timedelta(days=3)
DUE: Final = START + KEPT - AHEAD + HOUR
"""The first moment at which the hour of `START` is archived."""


@pytest.fixture
def wire() -> Iterator[Wire]:
    with tapped() as wire:
        yield wire


@pytest.fixture(autouse=True)
def workspace(aws: Cloud) -> None:
    """A workspace that has published something, so that it is known."""
    telemetry = {"kind": "telemetry", "id": "default", "dimensions": []}
    publish(aws, {(Kind.TELEMETRY, "default"): telemetry})


def tick(aws: Cloud, monkeypatch: pytest.MonkeyPatch, now: datetime, ms: int = 60_000) -> None:
    """A tick at `now` that has so many milliseconds."""
    built = build(Settings.load(aws.variables), clock=lambda: now)
    monkeypatch.setattr("functions.archive_traces.handler.wiring", lambda: built)
    handler(TICK, Context(remaining_ms=ms))


def keep(aws: Cloud, *spans: Span) -> None:
    dynamo = Dynamo(boto3.client("dynamodb"))
    TraceStore(dynamo, aws.table("traces"), KEPT).keep(WORKSPACE, spans, START)


def archive(aws: Cloud) -> TraceArchive:
    return TraceArchive(Bucket(boto3.client("s3"), aws.variables["CAIRN_ARCHIVE_BUCKET"]))


def found(aws: Cloud, trace_id: str = TRACE, at: datetime = START) -> tuple[Span, ...]:
    stored = archive(aws).find(WORKSPACE, trace_id, at)
    return stored.spans if stored else ()


def test_a_whole_trace_is_archived_a_day_before_it_expires(
    aws: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    spans = (span(1, 0, 90, kind="server"), span(2, 5, 60, 1, attributes={"tags": ("a", "b")}))
    keep(aws, *spans)
    tick(aws, monkeypatch, DUE - timedelta(seconds=1))
    assert found(aws) == ()
    tick(aws, monkeypatch, DUE)
    assert found(aws) == spans
    assert found(aws, at=START + timedelta(minutes=59)) == spans
    assert found(aws, at=START - timedelta(seconds=1)) == ()
    assert found(aws, trace_id=TRACE[:-1] + "0") == ()


def test_what_is_up_to_date_costs_one_read(
    aws: Cloud, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(aws, span(1, 0, 90))
    tick(aws, monkeypatch, DUE)
    wire.calls.clear()
    tick(aws, monkeypatch, DUE)
    assert (wire.calls["PutObject"], wire.calls["GetObject"]) == (0, 1)


def test_a_tick_without_time_leaves_the_rest_to_the_next(
    aws: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(aws, span(1, 0, 9))
    tick(aws, monkeypatch, DUE, ms=1_000)
    assert found(aws) == ()
    tick(aws, monkeypatch, DUE)
    assert len(found(aws)) == 1


def test_a_failure_is_told_when_everything_else_is_archived(
    aws: Cloud, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    telemetry = {"kind": "telemetry", "id": "default", "dimensions": []}
    publish(aws, {(Kind.TELEMETRY, "default"): telemetry}, workspace="a-broken-one")
    boto3.client("s3").put_object(
        Bucket=aws.variables["CAIRN_ARCHIVE_BUCKET"],
        Key="traces/a-broken-one/bookmark.json",
        Body=b"{}",
    )
    keep(aws, span(1, 0, 9))
    with pytest.raises(ExceptionGroup):
        tick(aws, monkeypatch, DUE)
    assert len(found(aws)) == 1
    line = vars(caplog.records[-1])
    assert (line["traces"], line["levelname"]) == (1, "ERROR")
    assert line["failures"] == ["a-broken-one: KeyError"]


def test_after_its_days_a_trace_is_shown_from_the_archive(
    aws: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(aws, span(1, 0, 90, name="POST /v1/decisions"), span(2, 10, 20, 1))
    tick(aws, monkeypatch, DUE)
    later = build_console(ConsoleSettings.load(aws.variables), clock=lambda: START + KEPT + HOUR)
    monkeypatch.setattr(console, "wiring", lambda: later)
    console.process_application.cache_clear()
    key = api_key(aws)

    def seen(**query: str) -> tuple[int, list[str]]:
        event = http_event("GET /v1/traces/{id}", key=key, path={"id": TRACE}, query=query)
        answer = answered(console.handler(event, Context()))
        return answer.status, [each["name"] for each in answer.json().get("spans", [])]

    assert seen() == (404, [])
    assert seen(at="2026-11-20T09:59:00Z") == (404, [])
    assert seen(at="9999-12-31T23:59:59-05:00") == (404, [])
    assert seen(at="2026-11-20T10:30:00Z") == (200, ["POST /v1/decisions", "work"])
    console.process_application.cache_clear()
