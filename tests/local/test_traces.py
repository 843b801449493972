"""An unmodified OpenTelemetry exporter and the running stack: delivered, listed, shown."""

import gzip
import json

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from cairn.platform.clock import epoch_ms, system_clock
from infra.local.stack import LocalStack
from tests import javascript
from tests.exports import export, otlp_span, protobuf
from tests.spans import START_NS

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("local")]


@pytest.fixture
def key(stack: LocalStack) -> str:
    assert stack.facts.keys
    return stack.facts.keys.secret


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_what_an_exporter_sends_is_shown_as_a_waterfall(
    stack: LocalStack, key: str, compression: Compression
) -> None:
    address, headers = f"{stack.facts.base_url}/v1/traces", {"x-api-key": key}
    exporter = OTLPSpanExporter(address, headers=headers, compression=compression, timeout=30)
    service = f"exporter-{compression.value}"
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("tests")
    root = tracer.start_span("GET /", kind=trace.SpanKind.SERVER)
    tracer.start_span("query", trace.set_span_in_context(root)).end()
    root.end()
    provider.shutdown()
    trace_id = f"{root.get_span_context().trace_id:032x}"
    seen = httpx.get(f"{address}/{trace_id}", headers=headers).json()
    assert [(each["name"], each["depth"]) for each in seen["spans"]] == [("GET /", 0), ("query", 1)]
    listed = httpx.get(address, headers=headers, params={"service": service}).json()
    assert [each["trace_id"] for each in listed["traces"]] == [trace_id]


def test_what_javascript_sends_is_shown_as_a_waterfall(stack: LocalStack, key: str) -> None:
    address = f"{stack.facts.base_url}/v1/traces"
    trace_id = json.loads(javascript.run("export.mjs", address, key))["traceId"]
    seen = httpx.get(f"{address}/{trace_id}", headers={"x-api-key": key}).json()
    names = [(each["name"], each["depth"], each["kind"]) for each in seen["spans"]]
    assert names == [("GET /page", 0, "server"), ("fetch", 1, "client")]


def test_a_bad_span_is_lost_alone(stack: LocalStack, key: str) -> None:
    address, headers = f"{stack.facts.base_url}/v1/traces", {"x-api-key": key}
    now_ms = epoch_ms(system_clock()) - START_NS // 1_000_000
    spans = [otlp_span(number, start_ms=now_ms) for number in (1, 2, 3)]
    spans[1]["spanId"] = "00"
    answer = httpx.post(address, json=export(*spans), headers=headers)
    assert answer.json()["partialSuccess"]["rejectedSpans"] == "1"
    seen = httpx.get(f"{address}/{spans[0]['traceId']}", headers=headers).json()
    assert {each["span_id"] for each in seen["spans"]} == {spans[0]["spanId"], spans[2]["spanId"]}


def test_a_refusal_in_protocol_buffers_comes_through_as_bytes(stack: LocalStack, key: str) -> None:
    body = gzip.compress(protobuf(export(otlp_span(1) | {"spanId": "00"})))
    headers = {
        "x-api-key": key,
        "content-type": "application/x-protobuf",
        "content-encoding": "gzip",
    }
    address = f"{stack.facts.base_url}/v1/traces"
    answer = httpx.post(address, content=body, headers=headers)
    assert answer.status_code == 200
    response = ExportTraceServiceResponse()
    response.ParseFromString(answer.content)
    assert response.partial_success.rejected_spans == 1
    answer = httpx.post(address, content=b"no gzip", headers=headers)
    assert (answer.status_code, answer.content[:1]) == (400, b"\x12")
    assert answer.headers["content-type"] == "application/x-protobuf"
