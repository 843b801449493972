"""One JSON log line and one set of EMF metrics for each invocation."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, Protocol, cast

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.logging.types import LogRecord
from aws_lambda_powertools.metrics import MetricUnit

from cairn.platform.clock import Deadline, Ticker
from cairn.platform.observability.correlation import Trace
from cairn.platform.observability.describing import describe
from cairn.platform.observability.recording import UNRECORDED, OpenSpan, Unrecorded
from cairn.platform.observability.span import SpanKind
from cairn.platform.observability.tracing import Tracing

NAMESPACE: Final = "Cairn"

type Field = str | int | float | bool | list[str] | None

WRITE_RESERVE_MS: Final = 100.0
"""What writing a trace leaves of the function's own time: for the line and the answer."""


class LambdaContext(Protocol):
    """What is used of the context that Lambda hands to a handler."""

    @property
    def aws_request_id(self) -> str:
        """The id of this invocation."""
        ...

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""
        ...


class Invocation:
    """What the line of one invocation will say, gathered while it runs.

    Attributes:
        trace: this hop, sampled where its detail is kept for sure.
        deadline: until when there must be an answer, where the caller set one; writing the trace
            is waited for no longer.
        reported: whether it was told already that it was answered, with what it sent anyway.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.level = "INFO"
        self.fields: dict[str, Field] = {}
        self.error: Exception | None = None
        self.deadline: Deadline | None = None
        self.reported = False

    @property
    def trace_id(self) -> str:
        """The id of the trace that it belongs to."""
        return self.trace.trace_id

    def note(self, **fields: Field) -> None:
        """Adds fields to the line; no personal values."""
        self.fields.update(fields)

    def warn(self, **fields: Field) -> None:
        """Adds fields and makes the line a warning."""
        self.level = "WARNING"
        self.note(**fields)

    def fail(self, error: Exception) -> None:
        """Makes the line an error with the exception's stack."""
        self.level = "ERROR"
        self.error = error
        self.note(error=type(error).__name__)


class LineFormatter(LambdaPowertoolsFormatter):
    """Powertools' JSON line, with the message under the field `event`."""

    def serialize(self, log: LogRecord) -> str:
        """The line, `event` in the place of `message`."""
        renamed = {"event" if key == "message" else key: value for key, value in log.items()}
        return super().serialize(cast("LogRecord", renamed))


class Telemetry:
    """A function's logger and metrics."""

    def __init__(  # who it is, and where it tells
        self,
        service: str,
        environment: str,
        level: str,
        tick: Ticker = time.monotonic,
        *,
        tracing: Tracing | None = None,
    ) -> None:
        self._tracing = tracing
        self._logger = Logger(
            service=service,
            level=level,
            logger_formatter=LineFormatter(
                log_record_order=["timestamp", "level", "message"],
                utc=True,
                use_rfc3339=True,
                location=None,
            ),
            environment=environment,
        )
        self._metrics = Metrics(namespace=NAMESPACE, service=service)
        self._metrics.set_default_dimensions(environment=environment)
        self._tick = tick

    @contextmanager
    def invocation(
        self, event: str, context: LambdaContext, trace: Trace, kind: SpanKind = "server"
    ) -> Iterator[Invocation]:
        """Runs one invocation; writes its trace, line and metrics at the end, also if it fails.

        Args:
            event: what happens, such as a route; names the line and the root span.
            context: Lambda's.
            trace: the hop as it came.
            kind: of the root span.
        """
        started = self._tick()
        root = self._tracing.begin(event, kind, trace) if self._tracing else UNRECORDED
        invocation = Invocation(root.trace or trace)
        try:
            with root:
                yield invocation
        except Exception as error:
            invocation.fail(error)
            raise
        finally:
            self._trace(root, trace, context, invocation)
            latency_ms = (self._tick() - started) * 1000
            self._write(event, context, invocation, latency_ms)

    def say(self, event: str, fields: Mapping[str, Field]) -> None:
        """Writes a line of its own, for what is news by itself; a warning."""
        self._logger.warning(event, extra=dict(fields))

    def count(self, name: str, value: float = 1) -> None:
        """Adds to a CloudWatch metric of this invocation."""
        self._metrics.add_metric(name, MetricUnit.Count, value)

    def _trace(
        self,
        root: OpenSpan | Unrecorded,
        caller: Trace,
        context: LambdaContext,
        invocation: Invocation,
    ) -> None:
        """Hands the trace to its sinks; one that fails or is late is counted."""
        if self._tracing is None or not isinstance(root, OpenSpan):
            return
        describe(root, invocation.fields, invocation.error)
        root.set("faas.invocation_id", context.aws_request_id)
        left_ms = context.get_remaining_time_in_millis() - WRITE_RESERVE_MS
        if invocation.deadline is not None:
            left_ms = min(left_ms, invocation.deadline.left_ms())
        lost = self._tracing.end(root, caller, left_ms)
        self._metrics.add_metric("TracesLost", MetricUnit.Count, lost)

    def _write(
        self, event: str, context: LambdaContext, invocation: Invocation, latency_ms: float
    ) -> None:
        self._metrics.add_metric("LatencyMs", MetricUnit.Milliseconds, latency_ms)
        self._metrics.add_metric("Errors", MetricUnit.Count, int(invocation.level == "ERROR"))
        write = {
            "INFO": self._logger.info,
            "WARNING": self._logger.warning,
            "ERROR": self._logger.error,
        }[invocation.level]
        write(
            event,
            exc_info=invocation.error,
            extra={
                "trace_id": invocation.trace_id,
                "request_id": context.aws_request_id,
                "latency_ms": round(latency_ms, 3),
                **invocation.fields,
            },
        )
        self._metrics.flush_metrics()
