"""Traces to a collector by OTLP over HTTP, as JSON (opentelemetry-proto 1.x, "OTLP/HTTP")."""

import gzip
import json
from collections.abc import Mapping, Sequence
from typing import Final

from urllib3 import PoolManager, Timeout

from cairn.platform.errors import StoreUnavailable
from cairn.platform.observability.span import Span, SpanEvent, SpanKind, SpanStatus, SpanValue

LEAST_MS: Final = 10.0
"""With less time than this nothing is sent."""

SCOPE: Final = "cairn"
HEADERS: Final = {"content-type": "application/json", "content-encoding": "gzip"}
ACCEPTED: Final = 200
KINDS: Final[Mapping[SpanKind, int]] = {
    "internal": 1,
    "server": 2,
    "client": 3,
    "producer": 4,
    "consumer": 5,
}
STATUSES: Final[Mapping[SpanStatus, int]] = {"unset": 0, "ok": 1, "error": 2}

type Encoded = dict[str, object]


class OtlpSink:
    """See `TraceSink`; one POST for each trace, never repeated.

    Args:
        url: the whole address, such as `https://collector.example/v1/traces`.
        environment: told as `deployment.environment.name`.
    """

    def __init__(self, url: str, environment: str) -> None:
        self._url = url
        self._environment = environment
        self._pool = PoolManager(num_pools=1, maxsize=1)

    def write(self, spans: Sequence[Span], within_ms: float) -> None:
        """Sends the spans.

        Raises:
            StoreUnavailable: there is no time, or the collector does not take them.
            urllib3.exceptions.HTTPError: it does not answer in time.
        """
        if within_ms < LEAST_MS:
            raise StoreUnavailable("There is no time to send the trace.")
        answer = self._pool.request(
            "POST",
            self._url,
            body=gzip.compress(json.dumps(export_of(spans, self._environment)).encode(), 1),
            headers=HEADERS,
            timeout=Timeout(total=within_ms / 1000),
            retries=False,
            redirect=False,
        )
        if answer.status != ACCEPTED:
            raise StoreUnavailable(f"The collector answered {answer.status}.")


def export_of(spans: Sequence[Span], environment: str) -> Encoded:
    """An ExportTraceServiceRequest with the spans of one service."""
    resource = {"service.name": spans[0].service, "deployment.environment.name": environment}
    scope_spans = {"scope": {"name": SCOPE}, "spans": [_span(each) for each in spans]}
    return {
        "resourceSpans": [
            {"resource": {"attributes": _attributes(resource)}, "scopeSpans": [scope_spans]}
        ]
    }


def _span(span: Span) -> Encoded:
    parent = {"parentSpanId": span.parent_id} if span.parent_id else {}
    return {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        **parent,
        "name": span.name,
        "kind": KINDS[span.kind],
        "startTimeUnixNano": str(span.start_ns),
        "endTimeUnixNano": str(span.end_ns),
        "attributes": _attributes(span.attributes),
        "events": [_event(each) for each in span.events],
        "status": {"code": STATUSES[span.status]},
    }


def _event(event: SpanEvent) -> Encoded:
    return {
        "name": event.name,
        "timeUnixNano": str(event.at_ns),
        "attributes": _attributes(event.attributes),
    }


def _attributes(attributes: Mapping[str, SpanValue]) -> list[Encoded]:
    return [{"key": name, "value": _value(value)} for name, value in attributes.items()]


def _value(value: SpanValue) -> Encoded:
    match value:
        case str():
            return {"stringValue": value}
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case tuple():
            return {"arrayValue": {"values": [_value(each) for each in value]}}
