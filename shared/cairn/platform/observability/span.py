"""A span: one timed part of a request, in the words of OpenTelemetry."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

type SpanKind = Literal["internal", "server", "client", "producer", "consumer"]
type SpanStatus = Literal["unset", "ok", "error"]
type SpanValue = str | bool | int | float | tuple[str, ...] | tuple[int, ...] | tuple[float, ...]


@dataclass(frozen=True, slots=True)
class SpanEvent:
    """Something that happened within a span.

    Attributes:
        at_ns: when, nanoseconds after the epoch.
    """

    name: str
    at_ns: int
    attributes: Mapping[str, SpanValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Span:
    """One timed part of a request.

    Attributes:
        trace_id: 32 lower-case hex digits.
        span_id: 16 lower-case hex digits.
        parent_id: the span that it is a part of; None at the root of a trace.
        name: what is done, with few different values, such as `POST /v1/decisions`.
        service: who does it, such as `decide-next-step`.
        start_ns: when it began, nanoseconds after the epoch.
        end_ns: when it ended; never before it began.
        attributes: by their names in OpenTelemetry's semantic conventions, where these have one.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    service: str
    kind: SpanKind
    start_ns: int
    end_ns: int
    status: SpanStatus = "unset"
    attributes: Mapping[str, SpanValue] = field(default_factory=dict)
    events: tuple[SpanEvent, ...] = ()
