"""Lines, metrics and correlation of an invocation."""

import json

import pytest

from cairn.platform.observability.correlation import pseudonym, trace_of, trace_of_batch
from cairn.platform.observability.invocation import Telemetry
from tests.fakes.ticks import Ticks
from tests.functions.callers import Context

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-"
TRACE = trace_of(PARENT + "00")


def telemetry(service: str, ticks: Ticks | None = None) -> Telemetry:
    """Made within the test, under a name of its own: Powertools keeps the stream of each name."""
    return Telemetry(service, "local", "INFO", ticks or Ticks())


def written(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_an_invocation_writes_one_json_line_and_its_metrics(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ticks = Ticks()
    observed = telemetry("tested-line", ticks)
    with observed.invocation("thing.done", Context(), TRACE) as line:
        ticks.pass_s(0.0125)
        line.note(workspace="demo", cache_hit=True)
        observed.count("Things", 3)
    told, metrics = written(capsys)
    assert (
        told.items()
        >= {
            "level": "INFO",
            "event": "thing.done",
            "environment": "local",
            "trace_id": TRACE.trace_id,
            "request_id": Context().aws_request_id,
            "latency_ms": 12.5,
            "workspace": "demo",
            "cache_hit": True,
        }.items()
    )
    assert str(told["timestamp"]).endswith(("Z", "+00:00"))
    assert (metrics["environment"], metrics["service"]) == ("local", "tested-line")
    assert metrics["LatencyMs"] == [pytest.approx(12.5)]
    assert (metrics["Errors"], metrics["Things"]) == ([0.0], [3.0])


def test_a_failure_is_told_with_its_stack_and_goes_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with (
        pytest.raises(ValueError, match="broken"),
        telemetry("tested-failure").invocation("thing.done", Context(), TRACE),
    ):
        raise ValueError("broken")
    told, metrics = written(capsys)
    assert (told["level"], told["error"]) == ("ERROR", "ValueError")
    assert "broken" in str(told["exception"])
    assert metrics["Errors"] == [1.0]


def test_a_warning_is_a_line_of_that_level(
    capsys: pytest.CaptureFixture[str],
) -> None:
    observed = telemetry("tested-warning")
    with observed.invocation("thing.done", Context(), TRACE) as line:
        line.warn(refused=2)
    told, _ = written(capsys)
    assert (told["level"], told["refused"]) == ("WARNING", 2)


def test_news_have_a_line_of_their_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    telemetry("tested-news").say("alert.firing", {"alert": "busy"})
    (told,) = written(capsys)
    assert (told["level"], told["event"], told["alert"]) == ("WARNING", "alert.firing", "busy")


def test_a_hop_keeps_the_trace_and_has_a_span_of_its_own() -> None:
    trace = trace_of(PARENT + "01")
    assert (trace.trace_id, trace.sampled) == ("0af7651916cd43dd8448eb211c80319c", True)
    assert (trace.span_id != trace.parent_id, trace.parent_id) == (True, "b7ad6b7169203331")
    assert trace_of(trace.traceparent).trace_id == trace.trace_id
    assert not trace_of(PARENT + "00").sampled


@pytest.mark.parametrize(
    "traceparent",
    [
        None,
        "",
        "nonsense",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        PARENT + "01-more",
    ],
)
def test_a_malformed_parent_begins_a_new_trace(traceparent: str | None) -> None:
    first, second = trace_of(traceparent), trace_of(traceparent)
    assert first.trace_id != second.trace_id
    assert len(first.trace_id) == 32
    assert not first.sampled
    assert first.parent_id is None


def test_a_batch_goes_on_with_a_trace_only_where_one_request_sent_all_of_it() -> None:
    def record(hop: str) -> dict[str, object]:
        return {"messageAttributes": {"traceparent": {"stringValue": hop}}}

    same, other = record(PARENT + "01"), record("00-" + "1" * 32 + "-" + "2" * 16 + "-01")
    one = trace_of_batch([same, same])
    assert (one.trace_id, one.parent_id, one.sampled) == (PARENT[3:35], PARENT[36:52], True)
    mixed: list[list[dict[str, object]]] = [[same, other], [same, {}], [{"messageAttributes": {}}]]
    for several in mixed:
        assert trace_of_batch(several).parent_id is None


def test_a_pseudonym_is_stable_within_a_workspace_and_says_nothing_across() -> None:
    assert pseudonym("demo", "u-42") == pseudonym("demo", "u-42")
    long = "a-workspace-with-a-long-name"
    names = [("demo", "u-42"), ("demo", "u-43"), (long + "-1", "u-42"), (long + "-2", "u-42")]
    pseudonyms = {pseudonym(workspace, value) for workspace, value in names}
    assert len(pseudonyms) == 4
    assert all(len(each) == 16 for each in pseudonyms)
