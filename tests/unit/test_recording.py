"""Spans of one invocation: found through the context, bounded, and nothing without a recorder."""

import pytest

from cairn.platform.errors import CacheUnavailable, NotFound
from cairn.platform.lanes import Lanes
from cairn.platform.observability.correlation import Trace, trace_of
from cairn.platform.observability.recording import (
    LEFT_BEHIND,
    SPANS,
    UNRECORDED,
    Recorder,
    span,
    traceparent,
)
from cairn.platform.observability.span import Span
from tests.fakes.traces import Nanos

TRACE = Trace("a" * 32, "ffffffffffffffff", sampled=True, parent_id="b" * 16)
EPOCH_NS = 1_700_000_000_000_000_000


def recorder(nanos: Nanos | None = None, limit: int = SPANS) -> Recorder:
    return Recorder(TRACE, "tested", nanos=nanos or Nanos(), epoch=lambda: EPOCH_NS, limit=limit)


def by_name(spans: list[Span]) -> dict[str, Span]:
    return {each.name: each for each in spans}


def test_without_a_recorder_there_is_one_span_that_does_nothing() -> None:
    with span("one") as first, span("other", "client") as second:
        first.set("a", 1)
        second.fail("broken")
    assert first is second is UNRECORDED
    assert not first.recording
    assert traceparent() is None


def test_spans_are_parts_of_each_other_as_their_blocks_are() -> None:
    recorded = recorder()
    with recorded.open("root", "server"):
        with span("first"), span("within first", "client"):
            pass
        with span("second", "producer"):
            pass
    told = by_name(recorded.spans())
    assert [*told] == ["root", "first", "within first", "second"]
    assert (told["root"].span_id, told["root"].parent_id) == (TRACE.span_id, TRACE.parent_id)
    assert told["first"].parent_id == told["second"].parent_id == TRACE.span_id
    assert told["within first"].parent_id == told["first"].span_id
    assert [each.kind for each in told.values()] == ["server", "internal", "client", "producer"]
    assert {(each.trace_id, each.service) for each in told.values()} == {("a" * 32, "tested")}


def test_ids_are_all_different_and_never_zero() -> None:
    recorded = recorder()
    with recorded.open("root", "server"):
        for _ in range(50):
            with span("part"):
                pass
    ids = {each.span_id for each in recorded.spans()}
    assert len(ids) == 51
    assert "0" * 16 not in ids
    assert all(len(each) == 16 for each in ids)


def test_a_span_begins_and_ends_by_the_clock() -> None:
    nanos = Nanos(77)
    recorded = recorder(nanos)
    with recorded.open("root", "server"):
        nanos.pass_ms(2)
        with span("part"):
            nanos.pass_ms(3)
    told = by_name(recorded.spans())
    assert (told["root"].start_ns, told["root"].end_ns) == (EPOCH_NS, EPOCH_NS + 5_000_000)
    assert told["part"].start_ns == EPOCH_NS + 2_000_000
    assert told["part"].end_ns - told["part"].start_ns == 3_000_000


def test_attributes_and_failures_are_told() -> None:
    recorded = recorder()
    with recorded.open("root", "server"), span("asking") as asking:
        asking.set("gen_ai.request.model", "m")
        asking.fail("timeout")
    told = by_name(recorded.spans())["asking"]
    assert told.attributes == {"gen_ai.request.model": "m", "error.type": "timeout"}
    assert told.status == "error"
    assert recorded.failed


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ValueError("ada@secret.example"), "error"),
        (CacheUnavailable("ada@secret.example"), "error"),
        (NotFound("ada@secret.example", code="x"), "unset"),
    ],
)
def test_an_exception_is_told_by_its_type_alone(error: Exception, status: str) -> None:
    recorded = recorder()
    with pytest.raises(type(error)), recorded.open("root", "server"), span("part"):
        raise error
    for told in recorded.spans():
        (event,) = told.events
        assert (event.name, event.attributes) == (
            "exception",
            {"exception.type": type(error).__name__},
        )
        assert told.status == status
        assert told.attributes == {"error.type": type(error).__name__}
    assert "ada@" not in repr(recorded.spans())
    assert recorded.failed is (status == "error")


def test_spans_beyond_the_limit_are_only_counted() -> None:
    recorded = recorder(limit=3)
    with recorded.open("root", "server"):
        for number in range(5):
            with span(f"part {number}"), span("within"):
                pass
    assert [each.name for each in recorded.spans()] == ["root", "part 0", "within"]
    assert recorded.lost == 8


def test_two_thousand_spans_are_recorded_of_an_invocation() -> None:
    recorded = Recorder(trace_of(None), "tested")
    with recorded.open("root", "server"):
        for _ in range(SPANS):
            with span("part"):
                pass
    assert (len(recorded.spans()), recorded.lost) == (2_000, 1)


def test_a_lane_records_for_the_caller_that_started_it() -> None:
    lanes, recorded = Lanes(1), recorder()

    def call() -> str | None:
        with span("in the lane", "client"):
            return traceparent()

    with recorded.open("root", "server"), span("caller"):
        told = lanes.within(10_000, call)
    assert lanes.within(10_000, call) is None
    spans = by_name(recorded.spans())
    assert [*spans] == ["root", "caller", "in the lane"]
    assert spans["in the lane"].parent_id == spans["caller"].span_id
    assert told == f"00-{'a' * 32}-{spans['in the lane'].span_id}-01"


def test_a_call_that_is_left_behind_ends_with_its_invocation_and_says_so() -> None:
    nanos = Nanos()
    recorded = recorder(nanos)
    root = recorded.open("root", "server")
    hanging = recorded.open("hanging", "client")
    with root:
        nanos.pass_ms(4)
    told = by_name(recorded.spans())
    assert told["hanging"].attributes == {LEFT_BEHIND: True}
    assert told["hanging"].end_ns == EPOCH_NS + 4_000_000
    assert LEFT_BEHIND not in told["root"].attributes
    with hanging:
        nanos.pass_ms(1)
    assert told["hanging"].end_ns == EPOCH_NS + 4_000_000
