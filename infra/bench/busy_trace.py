"""The trace of a busy batch: a server span, tiers within it, attempts within those.

Each span has a dozen attributes, and some an event.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from cairn.platform.clock import epoch_ms
from cairn.platform.observability.span import Span, SpanEvent, SpanValue

SPANS: Final = 2_000
FAN: Final = 4
"""Spans within each."""


def busy_trace(trace_id: str, start: datetime, count: int = SPANS) -> list[Span]:
    """A trace of so many spans, at most 0.1 s long."""
    return [_span(trace_id, start, number) for number in range(1, count + 1)]


def export(spans: Sequence[Span]) -> bytes:
    """The spans as an exporter sends them, in JSON (OTLP)."""
    listed = [_sent(each) for each in spans]
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": listed}]}]}).encode()


def _sent(span: Span) -> Mapping[str, object]:
    return {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "parentSpanId": span.parent_id or "",
        "name": span.name,
        "kind": 2 if span.kind == "server" else 1,
        "startTimeUnixNano": str(span.start_ns),
        "endTimeUnixNano": str(span.end_ns),
        "attributes": _attributes(span.attributes),
        "events": [
            {
                "name": each.name,
                "timeUnixNano": str(each.at_ns),
                "attributes": _attributes(each.attributes),
            }
            for each in span.events
        ],
    }


def _attributes(attributes: Mapping[str, SpanValue]) -> list[Mapping[str, object]]:
    return [{"key": key, "value": _value(value)} for key, value in attributes.items()]


def _value(value: SpanValue) -> Mapping[str, object]:
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}


def _span(trace_id: str, start: datetime, number: int) -> Span:
    start_ns = epoch_ms(start) * 1_000_000 + number * 20_000
    attributes: dict[str, SpanValue] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": f"provider-{number % 3}",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.usage.input_tokens": number,
        "gen_ai.usage.output_tokens": number // 7,
        **{f"attribute.{place}": f"value {number * place}" for place in range(7)},
    }
    event = SpanEvent("first token", start_ns + 5_000, {"index": number})
    return Span(
        trace_id=trace_id,
        span_id=f"{number:016x}",
        parent_id=f"{(number + FAN - 2) // FAN:016x}" if number > 1 else None,
        name="POST /v1/decisions" if number == 1 else f"step {number % 12}",
        service="decide-next-step",
        kind="server" if number == 1 else "internal",
        start_ns=start_ns,
        end_ns=start_ns + 50_000_000 // number,
        attributes=attributes,
        events=() if number % 5 else (event,),
    )
