"""OTLP as Protocol Buffers: the messages of traces, by their field numbers.

The numbers are those of opentelemetry-proto: `collector/trace/v1/trace_service.proto`,
`trace/v1/trace.proto`, `common/v1/common.proto`, `resource/v1/resource.proto`.
"""

from collections.abc import Iterator

from cairn.traces.otlp import (
    DEPTH,
    SERVICE,
    UNKNOWN_SERVICE,
    AnyValue,
    RawEvent,
    RawSpan,
    flat,
    malformed,
)
from cairn.traces.wire_format import LENGTH, Field, WireError, double, fields, signed, text


def spans_in(body: bytes) -> Iterator[RawSpan | None]:
    """The spans of a request; None in the place of what cannot be read.

    Raises:
        InvalidRequest: the body is not an export of traces.
    """
    try:
        for resource_spans in _messages(body, 1):
            service = _service(resource_spans)
            for scope_spans in _messages(resource_spans, 2):
                scope = _scope(scope_spans)
                yield from (_span(each, service, scope) for each in _messages(scope_spans, 2))
    except WireError as error:
        raise malformed("The body is not an export of traces.") from error


def _messages(message: bytes, number: int) -> Iterator[bytes]:
    return (value for found, kind, _, value in fields(message) if (found, kind) == (number, LENGTH))


def _last(message: bytes, number: int) -> bytes:
    """A single field; of several the last counts, as in any reader of the format."""
    return next(iter([*_messages(message, number)][::-1]), b"")


def _service(resource_spans: bytes) -> str:
    named = dict(map(_pair, _messages(_last(resource_spans, 1), 1)))
    return str(flat(named.get(SERVICE)) or UNKNOWN_SERVICE)


def _scope(scope_spans: bytes) -> str:
    return text(_last(_last(scope_spans, 1), 1))


def _span(message: bytes, service: str, scope: str) -> RawSpan | None:
    try:
        return _read_span(message, service, scope)
    except WireError:
        return None


def _read_span(message: bytes, service: str, scope: str) -> RawSpan:
    attributes: list[tuple[str, AnyValue]] = []
    events: list[RawEvent] = []
    numbers: dict[int, int] = {}
    values: dict[int, bytes] = {}
    for number, kind, value, content in fields(message):
        if number == 9:  # noqa: PLR2004  # Span.attributes
            attributes.append(_pair(content))
        elif number == 11:  # noqa: PLR2004  # Span.events
            events.append(_event(content))
        elif kind == LENGTH:
            values[number] = content
        else:
            numbers[number] = value
    status = values.get(15, b"")
    codes = [value for number, _, value, _ in fields(status) if number == 3]  # noqa: PLR2004
    return RawSpan(
        trace_id=values.get(1, b"").hex(),
        span_id=values.get(2, b"").hex(),
        parent_id=values.get(4, b"").hex(),
        name=text(values.get(5, b"")),
        kind=numbers.get(6, 0),
        start_ns=numbers.get(7, 0),
        end_ns=numbers.get(8, 0),
        attributes=attributes,
        events=events,
        status=codes[-1] if codes else 0,
        message=text(_last(status, 2)),
        service=service,
        scope=scope,
    )


def _event(message: bytes) -> RawEvent:
    at_ns, name = 0, ""
    attributes: list[tuple[str, AnyValue]] = []
    for number, _, value, content in fields(message):
        match number:
            case 1:
                at_ns = value
            case 2:
                name = text(content)
            case 3:
                attributes.append(_pair(content))
            case _:
                pass
    return RawEvent(at_ns, name, attributes)


def _pair(message: bytes, depth: int = DEPTH) -> tuple[str, AnyValue]:
    """A KeyValue."""
    key, value = "", b""
    for number, _, _, content in fields(message):
        if number == 1:
            key = text(content)
        elif number == 2:  # noqa: PLR2004  # KeyValue.value
            value = content
    return key, _any(value, depth)


def _any(message: bytes, depth: int) -> AnyValue:
    """The last member of an AnyValue; None where there is none."""
    found: AnyValue = None
    if depth == 0:
        raise WireError("values are nested too deep")
    for field in fields(message):
        found = _member(field, depth)
    return found


def _member(field: Field, depth: int) -> AnyValue:  # noqa: PLR0911  # one for each member
    number, _, value, content = field
    match number:
        case 1:
            return text(content)
        case 2:
            return bool(value)
        case 3:
            return signed(value)
        case 4:
            return double(value)
        case 5:
            return [_any(each, depth - 1) for each in _messages(content, 1)]
        case 6:
            return dict(_pair(each, depth - 1) for each in _messages(content, 1))
        case 7:
            return content
        case _:
            return None
