"""A small trace for tests of sinks: a failed request with a model call and an odd part."""

from cairn.platform.observability.span import Span, SpanEvent

START_NS = 1_700_000_000_000_000_000
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"

ROOT = Span(
    trace_id=TRACE_ID,
    span_id="00f067aa0ba902b7",
    parent_id="b7ad6b7169203331",
    name="POST /v1/decisions",
    service="decide-next-step",
    kind="server",
    start_ns=START_NS,
    end_ns=START_NS + 20_000_000,
    status="error",
    attributes={
        "http.request.method": "POST",
        "http.response.status_code": 503,
        "cairn.workspace": "demo",
    },
    events=(SpanEvent("exception", START_NS + 1, {"exception.type": "StoreUnavailable"}),),
)
CALL = Span(
    trace_id=TRACE_ID,
    span_id="00f067aa0ba902b8",
    parent_id=ROOT.span_id,
    name="chat m",
    service="decide-next-step",
    kind="client",
    start_ns=START_NS + 1_000_000,
    end_ns=START_NS + 9_000_000,
    attributes={
        "gen_ai.request.model": "m",
        "gen_ai.usage.input_tokens": 150,
        "gen_ai.response.finish_reasons": ("tool_calls",),
        "gen_ai.output.messages": "x" * 1_000,
        "cairn.cost_usd": 0.5,
        "cairn.usage_estimated": False,
    },
)
ODD = Span(
    trace_id=TRACE_ID,
    span_id="00f067aa0ba902b9",
    parent_id=ROOT.span_id,
    name="GET /v1/decisions/{id}",
    service="decide-next-step",
    kind="internal",
    start_ns=START_NS + 9_000_000,
    end_ns=START_NS + 9_000_000,
)
PARTS = [CALL, ODD]
