"""What OTLP/HTTP brings, in one form for both of its encodings.

The protocol is OTLP 1.x over HTTP, `ExportTraceServiceRequest` in JSON or as Protocol Buffers; a
span that cannot be read is None in its place, so that it is lost alone.
"""

import base64
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cairn.platform.errors import InvalidRequest
from cairn.platform.observability.span import SpanValue

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"

DEPTH: Final = 16
"""Lists and maps within each other, in one value."""

SERVICE: Final = "service.name"
UNKNOWN_SERVICE: Final = "unknown_service"
"""What OpenTelemetry calls a service that does not say its name."""

type AnyValue = str | bool | int | float | bytes | list["AnyValue"] | dict[str, "AnyValue"] | None
"""A value of an attribute in any shape that the protocol allows."""

type RawAttributes = Sequence[tuple[str, AnyValue]]


@dataclass(frozen=True, slots=True)
class RawEvent:
    """A span's event as it came."""

    at_ns: int
    name: str
    attributes: RawAttributes


@dataclass(frozen=True, slots=True)
class RawSpan:
    """A span as it came: the fields have their types, and nothing else was looked at.

    Attributes:
        trace_id: lower-case hex of any length; the same for `span_id` and `parent_id`.
        kind: OTLP's number of the kind.
        status: OTLP's number of the status.
        message: what is said of an error.
        service: of the resource that the span belongs to.
        scope: the library that made it; empty where it is not told.
    """

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: int
    start_ns: int
    end_ns: int
    attributes: RawAttributes
    events: Sequence[RawEvent]
    status: int
    message: str
    service: str
    scope: str


def malformed(detail: str) -> InvalidRequest:
    """The body as a whole cannot be read."""
    return InvalidRequest(detail, code="traces.malformed")


def flat(value: AnyValue) -> SpanValue | None:
    """A value as spans have it: what is nested becomes JSON text, bytes become base64.

    None where there is no value.
    """
    match value:
        case None:
            return None
        case float():
            return value if math.isfinite(value) else str(value)
        case str() | bool() | int():
            return value
        case bytes():
            return base64.b64encode(value).decode()
        case list():
            return _listed(value)
        case dict():
            return _nested(value)


def _listed(values: list[AnyValue]) -> SpanValue:
    kinds = {type(each) for each in values}
    if kinds <= {str}:
        return tuple(str(each) for each in values)
    if kinds <= {int}:
        return tuple(each for each in values if isinstance(each, int))
    finite = [each for each in values if isinstance(each, int | float) and math.isfinite(each)]
    if kinds <= {int, float} and len(finite) == len(values):
        return tuple(map(float, finite))
    return _nested(values)


def _nested(value: AnyValue) -> str:
    return json.dumps(
        value, ensure_ascii=False, default=lambda each: base64.b64encode(each).decode()
    )
