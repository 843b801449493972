"""What an invocation writes of its spans, and what a sink that fails does to it: nothing."""

import json
from http import HTTPStatus
from threading import Event

import pytest

from cairn.platform.clock import Deadline
from cairn.platform.errors import NotFound, StoreUnavailable, Unauthenticated
from cairn.platform.http import Endpoint, Request, Response, serve
from cairn.platform.observability.correlation import trace_of
from cairn.platform.observability.invocation import Telemetry
from cairn.platform.observability.recording import SPANS, span
from cairn.platform.observability.sampling import Sampling
from cairn.platform.observability.tracing import COOLDOWN_S, WRITE_MS, Tracing
from tests.fakes.ticks import Ticks
from tests.fakes.traces import MemorySink
from tests.functions.callers import Answered, Context, answered, http_event

ROUTE = "POST /v1/things"
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-"
NEVER_SLOW = 1e9


def observed(
    *sinks: MemorySink,
    share: float = 0,
    slow_ms: float = NEVER_SLOW,
    roots: bool = True,
    ticks: Ticks | None = None,
) -> Telemetry:
    rule = Sampling(slow_ms, share, roots=roots)
    tracing = Tracing("tested", rule, sinks, ticks or Ticks())
    return Telemetry("tested", "local", "INFO", tracing=tracing)


def thing(request: Request) -> Response:
    request.line.note(workspace="demo", flow="onboarding", cost_usd=0.5, cached=None)
    request.line.note(degraded=["store_unavailable", "out_of_time"], told=["a sentence of words"])
    with span("PutItem", "client"):
        pass
    return Response(HTTPStatus.OK)


def raising(error: Exception, *, workspace: str | None = "demo") -> Endpoint:
    def endpoint(request: Request) -> Response:
        request.line.note(workspace=workspace)
        with span("GetItem", "client"):
            pass
        raise error

    return endpoint


def post(
    telemetry: Telemetry, endpoint: Endpoint = thing, traceparent: str | None = None
) -> Answered:
    headers = {"traceparent": traceparent} if traceparent else {}
    event = http_event(ROUTE, headers=headers)
    return answered(serve(event, Context(), {ROUTE: endpoint}, telemetry))


def lost(capsys: pytest.CaptureFixture[str]) -> float:
    counted: list[float] = json.loads(capsys.readouterr().out.splitlines()[-1])["TracesLost"]
    return counted[0]


def test_a_request_is_kept_by_its_root_with_what_its_line_says() -> None:
    sink = MemorySink()
    answer = post(observed(sink), traceparent=PARENT + "00")
    ((root,),) = sink.written
    assert (root.name, root.service, root.kind, root.status) == (ROUTE, "tested", "server", "unset")
    assert (root.trace_id, root.parent_id) == ("0af7651916cd43dd8448eb211c80319c", PARENT[36:52])
    assert answer.headers["traceparent"] == f"00-{root.trace_id}-{root.span_id}-00"
    assert root.attributes == {
        "http.request.method": "POST",
        "http.route": "/v1/things",
        "http.response.status_code": 200,
        "faas.invocation_id": Context().aws_request_id,
        "cairn.workspace": "demo",
        "cairn.flow": "onboarding",
        "cairn.cost_usd": 0.5,
        "cairn.degraded": ("store_unavailable", "out_of_time"),
        "cairn.detail": False,
    }


def test_what_the_caller_sampled_is_kept_whole() -> None:
    sink = MemorySink()
    post(observed(sink), traceparent=PARENT + "01")
    assert sink.names == [[ROUTE, "PutItem"]]
    assert sink.written[0][0].attributes["cairn.detail"] is True


def test_what_the_share_keeps_is_handed_on_as_sampled() -> None:
    sink = MemorySink()
    answer = post(observed(sink, share=1), traceparent=PARENT + "00")
    assert sink.names == [[ROUTE, "PutItem"]]
    assert answer.headers["traceparent"].endswith("-01")


def test_a_slow_request_is_kept_whole() -> None:
    sink = MemorySink()
    post(observed(sink, slow_ms=1e-6))
    assert sink.names == [[ROUTE, "PutItem"]]


@pytest.mark.parametrize(
    ("error", "status", "kept"),
    [
        (StoreUnavailable("ada@secret.example"), "error", [ROUTE, "GetItem"]),
        (KeyError("ada@secret.example"), "error", [ROUTE, "GetItem"]),
        (NotFound("ada@secret.example", code="x"), "unset", [ROUTE]),
    ],
)
def test_a_failed_request_is_kept_whole_and_a_refused_one_by_its_root(
    error: Exception, status: str, kept: list[str]
) -> None:
    sink = MemorySink()
    post(observed(sink), raising(error))
    assert sink.names == [kept]
    assert sink.written[0][0].status == status
    assert "ada@" not in repr(sink.written)


def test_a_part_that_failed_keeps_its_trace() -> None:
    def endpoint(request: Request) -> Response:
        request.line.note(workspace="demo")
        with span("chat m", "client") as asking:
            asking.fail("timeout")
        return Response(HTTPStatus.OK)

    sink = MemorySink()
    post(observed(sink), endpoint)
    assert sink.names == [[ROUTE, "chat m"]]
    assert sink.written[0][0].status == "unset"


def test_who_is_not_let_in_writes_nothing_however_they_ask() -> None:
    sink = MemorySink()
    refuse = raising(Unauthenticated("No.", code="access.key_missing"), workspace=None)
    post(observed(sink), refuse, traceparent=PARENT + "01")
    post(observed(sink, share=1), refuse, traceparent=PARENT + "00")
    assert sink.written == []


def test_a_stranger_s_request_is_kept_where_we_are_at_fault() -> None:
    sink = MemorySink()
    post(observed(sink), raising(StoreUnavailable("Away."), workspace=None))
    assert sink.names == [[ROUTE, "GetItem"]]


def test_a_function_that_keeps_no_roots_writes_only_what_failed_or_was_wanted() -> None:
    sink = MemorySink()
    telemetry = observed(sink, roots=False)
    post(telemetry)
    assert sink.written == []
    post(telemetry, traceparent=PARENT + "01")
    post(telemetry, raising(StoreUnavailable("Away.")))
    assert sink.names == [[ROUTE, "PutItem"], [ROUTE, "GetItem"]]


def test_a_batch_is_kept_only_where_it_failed_or_is_within_the_share() -> None:
    sink = MemorySink()
    for share in (0, 1):
        telemetry = observed(sink, share=share)
        with telemetry.invocation("parcels.folded", Context(), trace_of(None), "consumer"):
            pass
    with pytest.raises(ValueError, match="broken"):
        broken(observed(sink))
    assert [(spans[0].kind, spans[0].status) for spans in sink.written] == [
        ("consumer", "unset"),
        ("consumer", "error"),
    ]


def broken(telemetry: Telemetry) -> None:
    with telemetry.invocation("parcels.folded", Context(), trace_of(None), "consumer"):
        raise ValueError("broken")


def test_an_error_that_is_only_noted_makes_the_root_one() -> None:
    sink = MemorySink()
    with observed(sink).invocation("parcels.folded", Context(), trace_of(None), "consumer") as line:
        line.fail(NotFound("ada@secret.example", code="x"))
    (root,) = sink.written[0]
    assert (root.status, root.attributes["error.type"]) == ("error", "NotFound")


def test_spans_beyond_the_limit_are_counted_at_the_root() -> None:
    def endpoint(request: Request) -> Response:
        request.line.note(workspace="demo")
        for _ in range(SPANS + 5):
            with span("part"):
                pass
        return Response(HTTPStatus.OK)

    sink = MemorySink()
    post(observed(sink, share=1), endpoint)
    (spans,) = sink.written
    assert (len(spans), spans[0].attributes["cairn.spans_lost"]) == (SPANS, 6)


def test_without_tracing_nothing_is_recorded() -> None:
    def endpoint(_: Request) -> Response:
        with span("part") as part:
            assert not part.recording
        return Response(HTTPStatus.OK)

    answer = post(Telemetry("tested", "local", "INFO"), endpoint, PARENT + "01")
    assert (answer.status, answer.headers["traceparent"][-2:]) == (200, "01")


def test_every_sink_gets_the_trace_and_one_that_fails_is_counted_and_spoils_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def away() -> None:
        raise StoreUnavailable("Away.")

    failing, working = MemorySink(away), MemorySink()
    assert post(observed(failing, working)).status == 200
    assert lost(capsys) == 1
    assert working.names == [[ROUTE]]


def test_a_sink_that_failed_is_left_alone_for_a_while(capsys: pytest.CaptureFixture[str]) -> None:
    def away() -> None:
        raise StoreUnavailable("Away.")

    ticks, sink = Ticks(), MemorySink(away)
    telemetry = observed(sink, ticks=ticks)
    post(telemetry)
    post(telemetry)
    assert (len(sink.given_ms), lost(capsys)) == (1, 1)
    ticks.pass_s(COOLDOWN_S)
    sink.meanwhile = lambda: None
    post(telemetry)
    assert (len(sink.written), lost(capsys)) == (1, 0)


def test_a_sink_is_not_waited_for_beyond_the_deadline_of_the_request(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def late(request: Request) -> Response:
        request.line.deadline = Deadline(0.0, lambda: 1.0)
        return thing(request)

    over = Event()
    sink = MemorySink(over.wait)
    telemetry = observed(sink)
    assert post(telemetry, late).status == 200
    assert (sink.written, lost(capsys)) == ([], 1)
    over.set()
    post(telemetry)
    assert sink.names == [[ROUTE], [ROUTE]]
    assert sink.given_ms == [0, WRITE_MS]


def test_a_sink_may_take_no_longer_than_bounds_and_remaining_time_allow() -> None:
    sink = MemorySink()
    post(observed(sink))
    context = Context(remaining_ms=150)
    with observed(sink, share=1).invocation("tick", context, trace_of(None), "internal"):
        pass
    assert sink.given_ms == [WRITE_MS, 50]
