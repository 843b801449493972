"""Spans as X-Ray's documents, as the daemon would get them."""

import json
import socket
from collections.abc import Iterator

import pytest

from cairn.platform.observability.span import Span
from cairn.platform.observability.xray_sink import XRaySink
from tests.recorded import CALL, PARTS, ROOT

# The SDK's emitter has no way to close its socket.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Where the daemon would listen."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(5)
        port = listening.getsockname()[1]
        monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", f"127.0.0.1:{port}")
        yield listening


def documents(daemon: socket.socket, spans: list[Span]) -> list[dict[str, object]]:
    XRaySink().write(spans, 100)
    received = [daemon.recv(65_536).decode().partition("\n") for _ in spans]
    assert {json.loads(header)["format"] for header, _, _ in received} == {"json"}
    return [json.loads(body) for _, _, body in received]


def test_a_root_is_a_segment_of_its_service(daemon: socket.socket) -> None:
    (segment,) = documents(daemon, [ROOT])
    assert (
        segment.items()
        >= {
            "name": "decide-next-step",
            "id": ROOT.span_id,
            "trace_id": "1-0af76519-16cd43dd8448eb211c80319c",
            "parent_id": ROOT.parent_id,
            "start_time": ROOT.start_ns / 1e9,
            "end_time": ROOT.end_ns / 1e9,
            "http": {"request": {"method": "POST"}, "response": {"status": 503}},
            "annotations": {"operation": "POST /v1/decisions"},
            "fault": True,
        }.items()
    )


def test_every_part_is_a_subsegment_of_its_own_with_what_it_says(daemon: socket.socket) -> None:
    _, call, *_ = documents(daemon, [ROOT, *PARTS])
    assert (
        call.items()
        >= {
            "type": "subsegment",
            "name": "chat m",
            "namespace": "remote",
            "id": CALL.span_id,
            "parent_id": ROOT.span_id,
            "trace_id": "1-0af76519-16cd43dd8448eb211c80319c",
            "annotations": {
                "gen_ai_request_model": "m",
                "gen_ai_usage_input_tokens": 150,
                "gen_ai_response_finish_reasons": "tool_calls",
            },
        }.items()
    )
    told = call["metadata"]["cairn"]  # type: ignore[index]  # JSON
    assert told["cairn.cost_usd"] == 0.5
    assert len(told["gen_ai.output.messages"]) == 1_000


def test_names_hold_only_what_x_ray_takes(daemon: socket.socket) -> None:
    _, _, odd = documents(daemon, [ROOT, *PARTS])
    assert (odd["name"], odd["namespace"]) == ("GET /v1/decisions/id", "local")
