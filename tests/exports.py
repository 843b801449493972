"""Exports of spans, as OpenTelemetry's SDKs write them."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final

from google.protobuf.json_format import ParseDict  # type: ignore[import-untyped]  # no types
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.spans import START_NS, TRACE

type Json = dict[str, Any]  # Any: JSON as an exporter writes it


def export(*spans: object, service: str = "shop") -> Json:
    """An export of one service."""
    resource = {"attributes": [pair("service.name", service)]}
    scope = {"scope": {"name": "tests"}, "spans": list(spans)}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}


def otlp_span(  # noqa: PLR0913  # the parts of a span
    number: int,
    *,
    parent: int = 0,
    name: str = "work",
    kind: int = 1,
    start_ms: int = 0,
    ms: int = 100,
    attributes: Mapping[str, object] | None = None,
    events: Sequence[tuple[str, int]] = (),
    status: int = 0,
    message: str = "",
) -> Json:
    """A span in OTLP's JSON; `start_ms` and those of events are after `START_NS`."""
    start_ns = START_NS + start_ms * 1_000_000
    span: Json = {
        "traceId": TRACE,
        "spanId": f"{number:016x}",
        "name": name,
        "kind": kind,
        "startTimeUnixNano": str(start_ns),
        "endTimeUnixNano": str(start_ns + ms * 1_000_000),
        "attributes": [pair(key, value) for key, value in (attributes or {}).items()],
        "events": [
            {"name": each, "timeUnixNano": str(START_NS + at_ms * 1_000_000)}
            for each, at_ms in events
        ],
        "status": {"code": status, "message": message},
    }
    return span | ({"parentSpanId": f"{parent:016x}"} if parent else {})


def pair(key: str, value: object) -> Json:
    """An attribute."""
    return {"key": key, "value": any_value(value)}


def any_value(value: object) -> Json:  # noqa: PLR0911  # one for each kind
    """A value in OTLP's JSON."""
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case bytes():
            return {"bytesValue": base64.b64encode(value).decode()}
        case list():
            return {"arrayValue": {"values": list(map(any_value, value))}}
        case dict():
            return {"kvlistValue": {"values": [pair(key, each) for key, each in value.items()]}}
        case _:
            return {"stringValue": str(value)}


def protobuf(exported: Json) -> bytes:
    """The same export in Protocol Buffers, by the official library.

    Its JSON has ids in base64, where OTLP's has hex.
    """
    spans = [
        {**span, **{name: _base64(span[name]) for name in ID_FIELDS if name in span}}
        for resource in exported["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]
    (resource,) = exported["resourceSpans"]
    (scope,) = resource["scopeSpans"]
    whole = {"resourceSpans": [{**resource, "scopeSpans": [{**scope, "spans": spans}]}]}
    message = ExportTraceServiceRequest()
    ParseDict(whole, message)
    return bytes(message.SerializeToString())


ID_FIELDS: Final = ("traceId", "spanId", "parentSpanId")


def _base64(digits: str) -> str:
    return base64.b64encode(bytes.fromhex(digits)).decode()
