"""One JSON log line and one set of EMF metrics for each invocation."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, Protocol, cast

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.logging.types import LogRecord
from aws_lambda_powertools.metrics import MetricUnit

from cairn.platform.clock import Ticker
from cairn.platform.observability.errors_sink import ErrorSink, NoSink, captured

NAMESPACE: Final = "Cairn"

type Field = str | int | float | bool | list[str] | None


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
    """What the line of one invocation will say, gathered while it runs."""

    def __init__(self, trace_id: str) -> None:
        self.trace_id = trace_id
        self.level = "INFO"
        self.fields: dict[str, Field] = {}
        self.error: Exception | None = None

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

    def __init__(
        self,
        service: str,
        environment: str,
        level: str,
        tick: Ticker = time.monotonic,
        *,
        sink: ErrorSink | None = None,
    ) -> None:
        self._service = service
        self._environment = environment
        self._sink = sink or NoSink()
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
    def invocation(self, event: str, context: LambdaContext, trace_id: str) -> Iterator[Invocation]:
        """Runs one invocation; writes its line and metrics at the end, also when it fails."""
        started = self._tick()
        invocation = Invocation(trace_id)
        try:
            yield invocation
        except Exception as error:
            invocation.fail(error)
            raise
        finally:
            latency_ms = (self._tick() - started) * 1000
            self._write(event, context, invocation, latency_ms)

    def say(self, event: str, fields: Mapping[str, Field]) -> None:
        """Writes a line of its own, for what is news by itself; a warning."""
        self._logger.warning(event, extra=dict(fields))

    def count(self, name: str, value: float = 1) -> None:
        """Adds to a CloudWatch metric of this invocation."""
        self._metrics.add_metric(name, MetricUnit.Count, value)

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
        self._report(event, context, invocation)
        self._metrics.flush_metrics()

    def _report(self, event: str, context: LambdaContext, invocation: Invocation) -> None:
        """Hands an error to the sink; a sink that fails is counted and spoils nothing."""
        if invocation.error is None:
            return
        where = {
            "service": self._service,
            "environment": self._environment,
            "event": event,
            "trace_id": invocation.trace_id,
            "request_id": context.aws_request_id,
        }
        try:
            self._sink.capture(captured(invocation.error, where))
        except Exception:  # noqa: BLE001  # a failure to tell of a failure must not spread
            self._metrics.add_metric("ErrorSinkFailures", MetricUnit.Count, 1)
