"""collect-traces on moto: both encodings, every refusal, and what can be read afterwards."""

import base64
import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import boto3
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from cairn.platform.dynamo import Dynamo
from cairn.platform.observability.span import Span
from cairn.traces.admission import EXPORT_SPANS
from cairn.traces.encodings import EXPORT_BYTES
from cairn.traces.store import TraceReader
from functions.collect_traces.handler import handler
from functions.collect_traces.settings import Settings
from functions.collect_traces.wiring import Wiring, build
from tests.exports import export, otlp_span, protobuf
from tests.functions.callers import WORKSPACE, Answered, Context, answered, api_key, http_event
from tests.functions.cloud import Cloud
from tests.functions.refusals import Wire, tapped
from tests.spans import START_NS, TRACE

ROUTE: Final = "POST /v1/traces"
PROTOBUF: Final = "application/x-protobuf"
NOW: Final = datetime(2026, 11, 20, 10, 1, tzinfo=UTC)
GOLDEN: Final = Path(__file__).parents[2] / "events" / "collect-traces"
GOLDEN_ANSWERS: Final[Mapping[str, tuple[int, int]]] = {
    "json": (200, 2),
    "protobuf": (200, 2),
    "one-bad-span": (200, 2),
    "malformed": (400, 0),
    "media-type": (415, 0),
}
"""Per golden event: the status, and how many spans can be read afterwards."""

type Json = dict[str, Any]  # Any: JSON as an exporter writes it
type Compress = Callable[[bytes], bytes]


@pytest.fixture(autouse=True)
def wire() -> Iterator[Wire]:
    """What passes between the function and AWS."""
    with tapped() as wire:
        yield wire


@pytest.fixture
def wired(aws: Cloud, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> Wiring:
    """A fresh wiring, under the handler."""
    del wire
    built = build(Settings.load(aws.variables), clock=lambda: NOW)
    monkeypatch.setattr("functions.collect_traces.handler.wiring", lambda: built)
    return built


@pytest.fixture
def key(aws: Cloud, wired: Wiring) -> str:
    del wired
    return api_key(aws)


def send(body: Json | bytes, key: str | None, **headers: str) -> Answered:
    """Posts an export; bytes travel as API Gateway hands them on."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    event = http_event(ROUTE, None if isinstance(body, bytes) else body, key=key, headers=named)
    if isinstance(body, bytes):
        event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    return answered(handler(event, Context()))


def send_protobuf(body: bytes, key: str | None, **headers: str) -> Answered:
    return send(body, key, content_type=PROTOBUF, **headers)


def response(answer: Answered) -> ExportTraceServiceResponse:
    """The answer to an export in Protocol Buffers."""
    assert answer.headers["content-type"] == PROTOBUF
    message = ExportTraceServiceResponse()
    message.ParseFromString(base64.b64decode(answer.body))
    return message


def kept(aws: Cloud, trace_id: str = TRACE) -> tuple[Span, ...]:
    """What can be read of a trace."""
    reader = TraceReader(Dynamo(boto3.client("dynamodb")), aws.table("traces"))
    return reader.read(WORKSPACE, trace_id, NOW).spans


def test_spans_in_json_are_kept_as_they_came(aws: Cloud, key: str) -> None:
    attributes: dict[str, Any] = {
        "http.response.status_code": 200,
        "retry": True,
        "ratio": 0.5,
        "tags": ["a", "b"],
    }
    parent = otlp_span(1, name="POST /checkout", kind=2, attributes=attributes)
    child = otlp_span(2, parent=1, start_ms=10, ms=20, kind=3, status=2, message="Timed out.")
    answer = send(export(parent, child, service="checkout"), key)
    assert (answer.status, answer.json()) == (200, {})
    assert answer.headers["content-type"] == "application/json"
    first, second = kept(aws)
    assert first == Span(
        trace_id=TRACE,
        span_id=f"{1:016x}",
        parent_id=None,
        name="POST /checkout",
        service="checkout",
        kind="server",
        start_ns=START_NS,
        end_ns=START_NS + 100_000_000,
        attributes={**attributes, "tags": ("a", "b"), "otel.scope.name": "tests"},
    )
    assert (second.parent_id, second.kind, second.status) == (first.span_id, "client", "error")
    assert second.attributes["otel.status_description"] == "Timed out."


def test_the_same_spans_in_both_encodings_are_the_same(aws: Cloud, key: str) -> None:
    spans = [
        otlp_span(1, attributes={"a": "ü", "b": -(2**40), "c": 1.5, "d": [1, 2], "e": b"\x00\xff"}),
        otlp_span(2, parent=1, kind=5, status=1, events=[("cached", 3), ("done", 5)]),
    ]
    send(export(*spans), key)
    in_json = kept(aws)
    other = "c0ffee" + TRACE[6:]
    renamed = [{**span, "traceId": other} for span in spans]
    answer = send_protobuf(protobuf(export(*renamed)), key)
    assert answer.status == 200
    assert not response(answer).HasField("partial_success")
    assert kept(aws, other) == tuple(replace(each, trace_id=other) for each in in_json)


def test_ids_may_be_in_capitals_and_numbers_need_no_quotes(aws: Cloud, key: str) -> None:
    span = otlp_span(1) | {
        "traceId": TRACE.upper(),
        "startTimeUnixNano": START_NS,
        "endTimeUnixNano": START_NS + 5,
        "unheardOf": {"a": 1},
    }
    assert send(export(span), key).status == 200
    assert [each.end_ns for each in kept(aws)] == [START_NS + 5]


def test_a_bad_span_is_lost_alone_and_told(aws: Cloud, key: str) -> None:
    good, last = otlp_span(1), otlp_span(9, parent=1)
    bad: list[object] = [
        otlp_span(2) | {"traceId": "abc"},
        otlp_span(3) | {"spanId": "0" * 16},
        otlp_span(4) | {"parentSpanId": "zz"},
        otlp_span(5, ms=-1),
        otlp_span(6, attributes={f"a{number}": number for number in range(129)}),
        otlp_span(7) | {"startTimeUnixNano": "soon"},
        otlp_span(8, start_ms=3_600_000),
        otlp_span(8, start_ms=-8 * 86_400_000),
        otlp_span(8, attributes={f"a{number}": "x" * 4_000 for number in range(20)}),
        "no span",
    ]
    answer = send(export(good, *bad, last), key)
    assert answer.status == 200
    assert answer.json()["partialSuccess"] == {
        "rejectedSpans": "10",
        "errorMessage": (
            "rejected span.ends_before_start: 1; rejected span.in_future: 1; "
            "rejected span.invalid_id: 3; rejected span.malformed: 2; "
            "rejected span.too_large: 1; rejected span.too_many_attributes: 1; "
            "rejected span.too_old: 1"
        ),
    }
    assert [each.span_id for each in kept(aws)] == [f"{1:016x}", f"{9:016x}"]


@pytest.mark.parametrize(
    "bad",
    [
        b'"\\ud800"',
        b'"\xff"',
        b"9" * 5_000,
        b'{"arrayValue":{"values":[' * 100 + b"{}" + b"]}}" * 100,
    ],
)
def test_what_strict_json_refuses_loses_its_span_alone(aws: Cloud, key: str, bad: bytes) -> None:
    whole = export(otlp_span(1), otlp_span(2, name="BAD"), otlp_span(3, attributes={"a": "BAD"}))
    body = json.dumps(whole).encode()
    body = body.replace(b'{"stringValue": "BAD"}', bad if bad[:1] == b"{" else b'{"intValue": 1}')
    answer = send(body.replace(b'"BAD"', b'"n"' if bad[:1] == b"{" else bad), key)
    assert answer.json()["partialSuccess"]["errorMessage"] == "rejected span.malformed: 1"
    lost = 3 if bad[:1] == b"{" else 2
    assert [int(each.span_id, 16) for each in kept(aws)] == [n for n in (1, 2, 3) if n != lost]


def test_a_bad_span_in_protocol_buffers_is_lost_alone_and_told(aws: Cloud, key: str) -> None:
    request = ExportTraceServiceRequest.FromString(protobuf(export(otlp_span(1), otlp_span(2))))
    request.resource_spans[0].scope_spans[0].spans[1].span_id = b"short"
    partial = response(send_protobuf(request.SerializeToString(), key)).partial_success
    assert (partial.rejected_spans, partial.error_message) == (1, "rejected span.invalid_id: 1")
    assert len(kept(aws)) == 1


def test_values_too_long_are_cut_and_counted(aws: Cloud, key: str) -> None:
    span = otlp_span(1, name="n" * 300, attributes={"long": "ä" * 5_000, "short": "b"})
    partial = send(export(span), key).json()["partialSuccess"]
    assert partial == {"rejectedSpans": "0", "errorMessage": "values cut: 2"}
    (found,) = kept(aws)
    assert (len(found.name), len(str(found.attributes["long"]))) == (256, 4_096)


def test_an_export_sent_twice_is_kept_once(aws: Cloud, key: str) -> None:
    batch = export(otlp_span(1), otlp_span(2, parent=1))
    send(batch, key)
    send(batch, key)
    send(export(otlp_span(2, parent=1)), key)
    assert [each.span_id for each in kept(aws)] == [f"{1:016x}", f"{2:016x}"]


def test_an_empty_export_is_a_success(key: str) -> None:
    assert send({}, key).json() == {}
    assert send({"resourceSpans": []}, key).status == 200
    assert send_protobuf(b"", key).status == 200


@pytest.mark.parametrize(
    ("coding", "compress"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("GZIP", gzip.compress)],
)
def test_a_compressed_export_is_read(aws: Cloud, key: str, coding: str, compress: Compress) -> None:
    body = compress(protobuf(export(otlp_span(1))))
    assert send_protobuf(body, key, content_encoding=coding).status == 200
    assert len(kept(aws)) == 1


def test_gzip_in_several_members_is_one_body(aws: Cloud, key: str) -> None:
    body = protobuf(export(otlp_span(1)))
    members = gzip.compress(body[:10]) + gzip.compress(body[10:])
    assert send_protobuf(members, key, content_encoding="gzip").status == 200
    assert len(kept(aws)) == 1


def test_a_bomb_is_refused(key: str) -> None:
    bomb = gzip.compress(b"\0" * (EXPORT_BYTES + 1))
    assert len(bomb) < 10_000
    twice = gzip.compress(b"\0" * (EXPORT_BYTES // 2 + 1)) * 2
    for body in (bomb, twice, bomb + b"rest"):
        answer = send_protobuf(body, key, content_encoding="gzip")
        assert answer.status == 413
        assert b"request.too_large" in base64.b64decode(answer.body)


def test_too_many_spans_are_refused(key: str) -> None:
    spans = [otlp_span(number + 1) for number in range(EXPORT_SPANS + 1)]
    answer = send(export(*spans), key)
    assert (answer.status, answer.json()["code"]) == (413, "request.too_many_spans")


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"{", {"content_type": "application/json"}, 400, "traces.malformed"),
        (b"[]", {"content_type": "application/json"}, 400, "traces.malformed"),
        (b"[" * 5_000, {"content_type": "application/json"}, 400, "traces.malformed"),
        (b"<x/>", {"content_type": "application/xml"}, 415, "request.media_type_unsupported"),
        (b"{}", {"content_encoding": "br"}, 415, "request.encoding_unsupported"),
        (b"{}", {"content_encoding": "gzip"}, 400, "request.malformed_body"),
        (
            gzip.compress(b"{}", mtime=0)[:-3],
            {"content_encoding": "gzip"},
            400,
            "request.malformed_body",
        ),
    ],
)
def test_what_cannot_be_read_gets_a_problem(
    key: str, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answer = send(body, key, **headers)
    assert (answer.status, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("body", [b"\x0a\xff", b"\x0f", b"\x0a\x05\x12\x03\x12", b"\xff" * 12])
def test_a_message_that_is_none_is_refused_in_its_own_words(key: str, body: bytes) -> None:
    answer = send_protobuf(body, key)
    assert (answer.status, answer.headers["content-type"]) == (400, PROTOBUF)
    status = base64.b64decode(answer.body)
    assert status[:1] == b"\x12"  # field 2 of google.rpc.Status: the message
    assert b"traces.malformed" in status


def test_a_refusal_of_the_table_is_503_with_a_time_to_come_back(key: str, wire: Wire) -> None:
    wire.refusing.add("BatchWriteItem")
    answer = send_protobuf(protobuf(export(otlp_span(1))), key)
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert answer.headers["content-type"] == PROTOBUF


def test_traces_need_a_secret_key(aws: Cloud, key: str) -> None:
    del key
    assert send(export(otlp_span(1)), None).status == 401
    assert send(export(otlp_span(1)), api_key(aws, "publishable")).status == 403


def test_workspaces_are_walls(aws: Cloud, key: str) -> None:
    send(export(otlp_span(1)), key)
    send(export(otlp_span(2)), api_key(aws, workspace="elsewhere"))
    assert [each.span_id for each in kept(aws)] == [f"{1:016x}"]


def test_a_batch_costs_one_call_per_25_fragments(key: str, wire: Wire) -> None:
    one_trace = [otlp_span(number + 1, parent=int(number > 0)) for number in range(500)]
    send(export(*one_trace), key)
    assert wire.calls["BatchWriteItem"] == 1
    wire.calls.clear()
    many = [otlp_span(1) | {"traceId": f"{number + 1:032x}"} for number in range(50)]
    send(export(*many), key)
    assert wire.calls["BatchWriteItem"] == 2


def test_contents_are_dropped_unless_they_are_wanted(
    aws: Cloud, wired: Wiring, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"gen_ai.prompt": "Mail ada@example.com", "gen_ai.prompt.name": "next-step"}
    send(export(otlp_span(1, attributes=said)), key)
    assert kept(aws)[0].attributes == {
        "gen_ai.prompt.name": "next-step",
        "otel.scope.name": "tests",
    }
    wanting = replace(wired, contents=True)
    monkeypatch.setattr("functions.collect_traces.handler.wiring", lambda: wanting)
    other = "c0ffee" + TRACE[6:]
    send(export(otlp_span(1, attributes=said) | {"traceId": other}), key)
    assert kept(aws, other)[0].attributes["gen_ai.prompt"] == "Mail [email 1]"


def test_traces_are_forgotten_after_their_days(aws: Cloud, key: str) -> None:
    send(export(otlp_span(1)), key)
    reader = TraceReader(Dynamo(boto3.client("dynamodb")), aws.table("traces"))
    days = timedelta(days=int(aws.variables["CAIRN_TRACE_DAYS"]))
    assert reader.read(WORKSPACE, TRACE, NOW + days - timedelta(seconds=1)).spans
    assert not reader.read(WORKSPACE, TRACE, NOW + days).spans


@pytest.mark.parametrize("case", GOLDEN_ANSWERS)
def test_golden_events_are_answered(aws: Cloud, key: str, case: str) -> None:
    text = (GOLDEN / f"{case}.json").read_text().replace("{{secret_key}}", key)
    answer = answered(handler(json.loads(text), Context()))
    status, spans = GOLDEN_ANSWERS[case]
    assert (answer.status, len(kept(aws, "5b8efff798038103d269b633813fc60c"))) == (status, spans)


def test_every_golden_event_is_tested() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(GOLDEN_ANSWERS)
