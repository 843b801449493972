"""OTLP in JSON, for the API's description; what is taken is read by `cairn.traces.otlp_json`."""

from pydantic import BaseModel, ConfigDict, JsonValue
from pydantic.alias_generators import to_camel


class Message(BaseModel):
    """A message of OTLP; its fields are written in lowerCamelCase."""

    model_config = ConfigDict(alias_generator=to_camel)


class OtlpKeyValue(Message):
    """An attribute (OTLP).

    Attributes:
        value: an AnyValue, such as `{"stringValue": "GET"}` or `{"intValue": "200"}`.
    """

    key: str
    value: dict[str, JsonValue]


class OtlpEvent(Message):
    """Something that happened within a span (OTLP)."""

    time_unix_nano: str | int
    name: str
    attributes: list[OtlpKeyValue] = []


class OtlpStatus(Message):
    """How a span ended (OTLP).

    Attributes:
        code: 0 unset, 1 ok, 2 error.
    """

    code: int = 0
    message: str = ""


class OtlpSpan(Message):
    """A span (OTLP).

    Attributes:
        traceId: 32 hex digits.
        spanId: 16 hex digits.
        parentSpanId: 16 hex digits; absent at the root.
        kind: 1 internal, 2 server, 3 client, 4 producer, 5 consumer.
        startTimeUnixNano: nanoseconds after the epoch, as text or number.
        endTimeUnixNano: the same.
    """

    trace_id: str
    span_id: str
    parent_span_id: str = ""
    name: str
    kind: int = 1
    start_time_unix_nano: str | int
    end_time_unix_nano: str | int
    attributes: list[OtlpKeyValue] = []
    events: list[OtlpEvent] = []
    status: OtlpStatus = OtlpStatus()


class OtlpResource(Message):
    """Who made spans (OTLP); `service.name` among its attributes names it."""

    attributes: list[OtlpKeyValue] = []


class OtlpScope(Message):
    """The library that made spans (OTLP)."""

    name: str = ""


class OtlpScopeSpans(Message):
    """Spans of one library (OTLP)."""

    scope: OtlpScope = OtlpScope()
    spans: list[OtlpSpan]


class OtlpResourceSpans(Message):
    """Spans of one service (OTLP)."""

    resource: OtlpResource = OtlpResource()
    scope_spans: list[OtlpScopeSpans]


class OtlpExport(Message):
    """Spans on their way (OTLP `ExportTraceServiceRequest`); unknown fields are ignored."""

    resource_spans: list[OtlpResourceSpans]


class OtlpPartialSuccess(Message):
    """What was not taken as it came (OTLP).

    Attributes:
        rejectedSpans: how many; an int64 as text.
        errorMessage: the reasons with their counts, and how many values were cut.
    """

    rejected_spans: str
    error_message: str


class OtlpExported(Message):
    """What became of an export (OTLP `ExportTraceServiceResponse`)."""

    partial_success: OtlpPartialSuccess | None = None
