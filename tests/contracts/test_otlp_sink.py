"""The OTLP exporter against a collector on loopback, and against our own reading of OTLP."""

import gzip
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Event, Thread

import pytest
from urllib3.exceptions import HTTPError

from cairn.platform.errors import StoreUnavailable
from cairn.platform.observability.otlp_sink import LEAST_MS, OtlpSink, export_of
from cairn.traces.admission import admit
from cairn.traces.otlp_json import spans_in
from tests.recorded import CALL, PARTS, ROOT, START_NS


class Collector(HTTPServer):
    """Answers every request with one status, and remembers it.

    Attributes:
        status: what it answers.
        took: path, headers (names in lower case) and body of every request.
        silent: while set, it answers nothing.
    """

    def __init__(self, status: int) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.status = status
        self.took: list[tuple[str, dict[str, str], bytes]] = []
        self.answers = Event()
        self.answers.set()

    @property
    def url(self) -> str:
        """Its whole address."""
        return f"http://127.0.0.1:{self.server_port}/v1/traces"


class Taking(BaseHTTPRequestHandler):
    """One connection."""

    server: Collector

    def do_POST(self) -> None:  # the base class's word
        """Takes the spans."""
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.took.append((self.path, headers, body))
        self.server.answers.wait(30)
        self.send_response(self.server.status)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's word
        """Says nothing."""


@contextmanager
def collector(status: int = 200) -> Iterator[Collector]:
    """A collector that listens while the context is open."""
    server = Collector(status)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.answers.set()
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_collector_gets_the_spans_of_a_trace_in_one_request() -> None:
    with collector() as server:
        OtlpSink(server.url, "dev").write([ROOT, *PARTS], 5_000)
    ((path, headers, body),) = server.took
    assert (path, headers["content-type"]) == ("/v1/traces", "application/json")
    assert json.loads(gzip.decompress(body)) == export_of([ROOT, *PARTS], "dev")


def test_our_own_collector_reads_the_same_spans_again() -> None:
    told = json.dumps(export_of([ROOT, *PARTS], "dev")).encode()
    now = datetime.fromtimestamp(START_NS // 1_000_000_000, UTC)
    admitted = admit(spans_in(told), now, contents=True)
    scoped = [
        replace(each, attributes={**each.attributes, "otel.scope.name": "cairn"})
        for each in (ROOT, *PARTS)
    ]
    assert (admitted.spans, admitted.rejected.total()) == (scoped, 0)


def test_a_span_is_told_as_the_protocol_wants_it() -> None:
    (resource,) = json.loads(json.dumps(export_of([ROOT, *PARTS], "dev")))["resourceSpans"]
    assert resource["resource"]["attributes"] == [
        {"key": "service.name", "value": {"stringValue": "decide-next-step"}},
        {"key": "deployment.environment.name", "value": {"stringValue": "dev"}},
    ]
    root, call, odd = resource["scopeSpans"][0]["spans"]
    assert (root["traceId"], root["spanId"]) == (ROOT.trace_id, ROOT.span_id)
    assert (root["parentSpanId"], root["kind"], root["status"]) == (ROOT.parent_id, 2, {"code": 2})
    assert (root["startTimeUnixNano"], root["endTimeUnixNano"]) == (
        str(START_NS),
        str(START_NS + 20_000_000),
    )
    assert root["events"] == [
        {
            "name": "exception",
            "timeUnixNano": str(START_NS + 1),
            "attributes": [{"key": "exception.type", "value": {"stringValue": "StoreUnavailable"}}],
        }
    ]
    told = {each["key"]: each["value"] for each in call["attributes"]}
    assert told["gen_ai.usage.input_tokens"] == {"intValue": "150"}
    assert told["cairn.cost_usd"] == {"doubleValue": 0.5}
    assert told["cairn.usage_estimated"] == {"boolValue": False}
    assert told["gen_ai.response.finish_reasons"] == {
        "arrayValue": {"values": [{"stringValue": "tool_calls"}]}
    }
    assert (call["kind"], odd["kind"], odd["status"]) == (3, 1, {"code": 0})


@pytest.mark.parametrize("status", [302, 400, 429, 500, 503])
def test_what_a_collector_does_not_take_is_lost_and_not_sent_again(status: int) -> None:
    with collector(status) as server, pytest.raises(StoreUnavailable):
        OtlpSink(server.url, "dev").write([ROOT, CALL], 5_000)
    assert len(server.took) == 1


def test_a_collector_that_is_not_there_or_does_not_answer_is_not_waited_for() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}/v1/traces"
        with pytest.raises(HTTPError):
            OtlpSink(nowhere, "dev").write([ROOT], 5_000)
    with collector() as server:
        server.answers.clear()
        with pytest.raises(HTTPError):
            OtlpSink(server.url, "dev").write([ROOT], 2 * LEAST_MS)


def test_without_time_nothing_is_sent() -> None:
    with collector() as server, pytest.raises(StoreUnavailable):
        OtlpSink(server.url, "dev").write([ROOT], LEAST_MS / 2)
    assert server.took == []
