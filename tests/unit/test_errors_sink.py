"""Unexpected errors reach the sink, without anything personal, and a broken sink harms nobody."""

import json

import pytest

from cairn.platform.errors import StoreUnavailable
from cairn.platform.observability.correlation import trace_of
from cairn.platform.observability.errors_sink import Captured, captured
from cairn.platform.observability.invocation import Telemetry
from tests.functions.callers import Context

TRACE = trace_of(None)


class Sink:
    """Remembers, or breaks."""

    def __init__(self, *, broken: bool = False) -> None:
        self.seen: list[Captured] = []
        self._broken = broken

    def capture(self, captured: Captured) -> None:
        """Remembers it."""
        self.seen.append(captured)
        if self._broken:
            raise ConnectionError("The sink is away.")


def breaks(sink: Sink) -> None:
    telemetry = Telemetry("test", "local", "INFO", sink=sink)
    with telemetry.invocation("POST /v1/decisions", Context(), TRACE) as line:
        line.note(workspace="demo")
        raise KeyError("ada@secret.example") from StoreUnavailable("ada@secret.example")


def test_an_error_is_told_with_where_it_broke_and_nothing_personal() -> None:
    sink = Sink()
    with pytest.raises(KeyError):
        breaks(sink)
    (told,) = sink.seen
    assert told.error == ("KeyError", "StoreUnavailable")
    assert told.frames[-1].startswith("test_errors_sink.py:")
    assert (told.where["event"], told.where["trace_id"]) == ("POST /v1/decisions", TRACE.trace_id)
    assert "ada" not in repr(told)


def test_a_broken_sink_is_counted_and_hides_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError):
        breaks(Sink(broken=True))
    metrics = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert metrics["ErrorSinkFailures"] == [1.0]


def test_what_goes_well_is_not_told() -> None:
    sink = Sink()
    telemetry = Telemetry("test", "local", "INFO", sink=sink)
    with telemetry.invocation("GET /health", Context(), TRACE):
        pass
    assert sink.seen == []


def test_an_error_that_is_its_own_cause_ends() -> None:
    error = ValueError("again and again")
    error.__cause__ = error
    assert captured(error, {}).error == ("ValueError",)
