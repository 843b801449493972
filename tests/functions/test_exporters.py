"""Unmodified OpenTelemetry exporters deliver to the function, over HTTP on loopback."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Final

import boto3
import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from cairn.platform.clock import system_clock
from cairn.platform.dynamo import Dynamo
from cairn.traces.store import TraceReader
from cairn.traces.views import TraceView
from cairn.traces.waterfall import waterfall
from functions.collect_traces.handler import handler
from functions.collect_traces.settings import Settings
from functions.collect_traces.wiring import build
from tests import javascript
from tests.functions.callers import WORKSPACE, Context, answered, api_key, http_event
from tests.functions.cloud import Cloud

CALLS: Final = Lock()


class Gateway(BaseHTTPRequestHandler):
    """Hands a request on as API Gateway does: what is binary travels in base64."""

    def do_POST(self) -> None:  # the base class's word
        """One export."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self._body(headers)
        event = http_event(f"POST {self.path}", None, headers=headers)
        with CALLS:  # moto is not thread-safe
            answer = handler({**event, **_carried(body, headers)}, Context())
        found = answered(answer)
        content = _bytes(found.body, binary=bool(answer["isBase64Encoded"]))
        self.send_response(found.status)
        for name, value in {**found.headers, "content-length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _body(self, headers: dict[str, str]) -> bytes:
        """What was sent, at once or in chunks (RFC 9112, section 7.1)."""
        if "content-length" in headers:
            return self.rfile.read(int(headers["content-length"]))
        chunks = b""
        while size := int(self.rfile.readline(), 16):
            chunks += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return chunks

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's word
        """Says nothing."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where exporters send to."""

    url: str
    key: str
    aws: Cloud

    def seen(self, trace_id: str) -> TraceView:
        """The trace as it is shown."""
        reader = TraceReader(Dynamo(boto3.client("dynamodb")), self.aws.table("traces"))
        return waterfall(trace_id, reader.read(WORKSPACE, trace_id, system_clock()))


@pytest.fixture
def place(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    built = build(Settings.load(aws.variables))
    monkeypatch.setattr("functions.collect_traces.handler.wiring", lambda: built)
    with listening() as port:
        yield Place(f"http://127.0.0.1:{port}/v1/traces", api_key(aws), aws)


@contextmanager
def listening() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("compression", list(Compression))
def test_the_python_exporter_delivers_protocol_buffers(
    place: Place, compression: Compression
) -> None:
    exporter = OTLPSpanExporter(
        place.url, headers={"x-api-key": place.key}, compression=compression
    )
    provider = TracerProvider(resource=Resource.create({"service.name": "python"}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("tests")
    with tracer.start_as_current_span("POST /checkout", kind=trace.SpanKind.SERVER) as root:
        root.set_attribute("cairn.flow", "onboarding")
        with tracer.start_as_current_span("chat", kind=trace.SpanKind.CLIENT) as model:
            model.set_attributes({"gen_ai.system": "openai", "gen_ai.usage.prompt_tokens": 12})
            model.add_event("first token", {"index": 0})
        with pytest.raises(ValueError, match="broken"), tracer.start_as_current_span("render"):
            raise ValueError("broken")
    trace_id = f"{root.get_span_context().trace_id:032x}"
    assert provider.force_flush()
    provider.shutdown()
    seen = place.seen(trace_id)
    assert [(each.name, each.depth, each.status) for each in seen.spans] == [
        ("POST /checkout", 0, "unset"),
        ("chat", 1, "unset"),
        ("render", 1, "error"),
    ]
    assert seen.services == ("python",)
    chat, render = seen.spans[1:]
    assert chat.attributes["gen_ai.provider.name"] == "openai"
    assert chat.attributes["gen_ai.usage.input_tokens"] == 12
    assert [each.name for each in chat.events] == ["first token"]
    assert render.events[0].attributes["exception.type"] == "ValueError"
    path_ms = sum(each.duration_ms for each in seen.critical_path)
    assert path_ms == pytest.approx(seen.duration_ms, abs=0.001)


def test_the_javascript_exporter_delivers_json(place: Place) -> None:
    sent = json.loads(javascript.run("export.mjs", place.url, place.key))
    seen = place.seen(sent["traceId"])
    assert [(each.name, each.depth, each.kind) for each in seen.spans] == [
        ("GET /page", 0, "server"),
        ("fetch", 1, "client"),
    ]
    assert seen.services == ("javascript",)
    assert seen.spans[1].attributes["gen_ai.provider.name"] == "openai"
    assert seen.spans[1].events[0].attributes == {"index": 1}


def _carried(body: bytes, headers: dict[str, str]) -> dict[str, object]:
    if headers["content-type"] == "application/json":
        return {"body": body.decode(), "isBase64Encoded": False}
    return {"body": b64encode(body).decode(), "isBase64Encoded": True}


def _bytes(body: str, *, binary: bool) -> bytes:
    return b64decode(body) if binary else body.encode()
