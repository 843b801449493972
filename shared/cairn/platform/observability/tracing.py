"""What becomes of the spans of an invocation: judged and written, in one go at its end."""

import time
from collections.abc import Sequence
from typing import Final, Protocol

from cairn.platform.clock import Deadline, Ticker
from cairn.platform.lanes import Lanes, Running
from cairn.platform.observability.correlation import Trace
from cairn.platform.observability.recording import OpenSpan, Recorder, Unrecorded
from cairn.platform.observability.sampling import Ended, Sampling, extent
from cairn.platform.observability.span import Span, SpanKind

WRITE_MS: Final = 200.0
"""Longest wait for the sinks of a trace, where deadlines would leave more."""

FAIR_MS: Final = 100.0
"""A sink that has not written within so many milliseconds counts as failed, not only as late."""

COOLDOWN_S: Final = 2.0
"""After a failure a sink is left alone this long, so that a dead one costs nothing."""

WORKSPACE: Final = "cairn.workspace"
"""The root's attribute that says whose trace it is; without it, it is nobody's."""

SPANS_LOST: Final = "cairn.spans_lost"
DETAIL: Final = "cairn.detail"
"""The root's attribute that says whether its parts were kept too."""


class TraceSink(Protocol):
    """Takes the spans of one invocation, the root first."""

    def write(self, spans: Sequence[Span], within_ms: float) -> None:
        """Writes them; whatever it raises is a trace that is lost.

        It runs in a lane and is waited for no longer than `within_ms`; with 0 it is not waited
        for at all, and may still write.
        """
        ...


class Tracing:
    """Records and writes the traces of one function.

    Args:
        service: the function's name.
        rule: what is kept.
        sinks: where it is written, side by side.
        tick: monotonic seconds.
    """

    def __init__(
        self,
        service: str,
        rule: Sampling,
        sinks: Sequence[TraceSink],
        tick: Ticker = time.monotonic,
    ) -> None:
        self._service = service
        self._rule = rule
        self._outlets = [_Outlet(each, tick) for each in sinks]

    def begin(self, name: str, kind: SpanKind, trace: Trace) -> OpenSpan | Unrecorded:
        """The root span of an invocation; begins with its `with` block."""
        if not trace.sampled and self._rule.shared(trace.trace_id):
            trace = trace._replace(sampled=True)
        return Recorder(trace, self._service).open(name, kind)

    def end(self, root: OpenSpan, caller: Trace, within_ms: float) -> int:
        """Writes what is to be kept of an ended root and its parts.

        Args:
            root: with all its attributes.
            caller: the hop as it came.
            within_ms: what may be waited, milliseconds.

        Returns:
            How many sinks are not known to have it.
        """
        recorder = root.recorder
        kept = extent(self._rule, self._ended(root, caller))
        if kept == "nothing":
            return 0
        root.set(DETAIL, kept == "everything")
        if recorder.lost:
            root.set(SPANS_LOST, recorder.lost)
        return self._write(recorder.spans(1 if kept == "root" else None), within_ms)

    def _ended(self, root: OpenSpan, caller: Trace) -> Ended:
        let_in = WORKSPACE in root.attributes or root.kind != "server"
        wanted = caller.sampled or self._rule.shared(caller.trace_id)
        return Ended(
            took_ms=root.took_ms,
            sampled=let_in and wanted,
            failed=root.recorder.failed if let_in else root.status == "error",
            request=let_in and root.kind == "server",
        )

    def _write(self, spans: Sequence[Span], within_ms: float) -> int:
        bound_ms = min(WRITE_MS, max(0.0, within_ms))
        deadline = Deadline.within(bound_ms)
        writing = [each.start(spans, bound_ms) for each in self._outlets]
        return sum(
            not outlet.took(each, deadline)
            for outlet, each in zip(self._outlets, writing, strict=True)
        )


class _Outlet:
    """A sink with a lane of its own, left alone for a while after a failure."""

    def __init__(self, sink: TraceSink, tick: Ticker) -> None:
        self._sink = sink
        self._tick = tick
        self._lane = Lanes(1)
        self._silent_until = 0.0

    def start(self, spans: Sequence[Span], within_ms: float) -> Running[None] | None:
        """Begins to write; None while the sink is left alone."""
        if self._tick() < self._silent_until:
            return None
        return self._lane.start(lambda: self._sink.write(spans, within_ms))

    def took(self, writing: Running[None] | None, deadline: Deadline) -> bool:
        """Whether the sink is known to have the spans; what is only late may still arrive."""
        if writing is None:
            return False
        left_ms = deadline.left_ms()
        try:
            writing.result(left_ms / 1000)
        except TimeoutError:
            if left_ms >= FAIR_MS:
                writing.cancel()
                self._leave_alone()
            return False
        except Exception:  # noqa: BLE001  # a sink that fails spoils nothing; it is counted
            self._leave_alone()
            return False
        return True

    def _leave_alone(self) -> None:
        self._silent_until = self._tick() + COOLDOWN_S
