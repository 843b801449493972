"""OTLP in JSON: lowerCamelCase, ids in hex, 64-bit integers as strings or numbers.

Unknown fields are ignored; enums are numbers (opentelemetry-proto, "JSON Protobuf Encoding").
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pydantic import JsonValue
from pydantic_core import from_json

from cairn.traces.otlp import (
    DEPTH,
    SERVICE,
    UNKNOWN_SERVICE,
    AnyValue,
    RawAttributes,
    RawEvent,
    RawSpan,
    flat,
    malformed,
)
from cairn.traces.wire_format import INT64

type Object = Mapping[str, JsonValue]

_INTEGER: Final = re.compile(r"-?\d{1,20}")


_LONGEST: Final = 400
"""Characters of a whole number; of a longer one, what a double holds is read: infinity."""


class _Unreadable(Exception):
    """A part is not what its field asks for."""


def spans_in(body: bytes) -> Iterator[RawSpan | None]:
    """The spans of a request; None in the place of what is no span.

    Raises:
        InvalidRequest: the body is not JSON, or not an export of traces.
    """
    try:
        for resource in _objects(_object(_document(body)), "resourceSpans"):
            service = _service(resource)
            for scope in _objects(resource, "scopeSpans"):
                library = _text(_object(scope.get("scope")), "name")
                yield from (_span(each, service, library) for each in _list(scope, "spans"))
    except _Unreadable as error:
        raise malformed("The body is not an export of traces.") from error


def _document(body: bytes) -> JsonValue:
    """The body as JSON; with whatever only makes its own span unreadable."""
    try:
        strict: JsonValue = from_json(body)
    except ValueError:
        return _lenient(body)
    return strict


def _lenient(body: bytes) -> JsonValue:
    """JSON with halves of characters, long numbers and deep values still in it."""
    try:
        found: JsonValue = _LENIENT.decode(body.decode(errors="surrogateescape"))
    except (ValueError, RecursionError) as error:
        raise malformed("The body is not JSON.") from error
    return found


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST else float(digits)


_LENIENT: Final = json.JSONDecoder(parse_int=_number)


def _span(value: JsonValue, service: str, scope: str) -> RawSpan | None:
    try:
        span = _object(value)
        status = _object(span.get("status"))
        return RawSpan(
            trace_id=_text(span, "traceId").lower(),
            span_id=_text(span, "spanId").lower(),
            parent_id=_text(span, "parentSpanId").lower(),
            name=_text(span, "name"),
            kind=_integer(span, "kind"),
            start_ns=_integer(span, "startTimeUnixNano"),
            end_ns=_integer(span, "endTimeUnixNano"),
            attributes=_attributes(span),
            events=[_event(each) for each in _objects(span, "events")],
            status=_integer(status, "code"),
            message=_text(status, "message"),
            service=service,
            scope=scope,
        )
    except _Unreadable:
        return None


def _event(event: Object) -> RawEvent:
    return RawEvent(_integer(event, "timeUnixNano"), _text(event, "name"), _attributes(event))


def _service(resource: Object) -> str:
    named = dict(_attributes(_object(resource.get("resource"))))
    return str(flat(named.get(SERVICE)) or UNKNOWN_SERVICE)


def _attributes(owner: Object) -> RawAttributes:
    return [
        (_text(each, "key"), _any(_object(each.get("value")), DEPTH))
        for each in _objects(owner, "attributes")
    ]


def _any(value: Object, depth: int) -> AnyValue:  # noqa: PLR0911  # one for each member
    """The one member of an AnyValue; None where there is none."""
    if depth == 0:
        raise _Unreadable
    match next(iter(value.items()), None):
        case "stringValue", str():
            return _text(value, "stringValue")
        case "boolValue", bool(truth):
            return truth
        case "intValue", _:
            return _integer(value, "intValue")
        case "doubleValue", number:
            return _double(number)
        case "bytesValue", str(encoded):
            return _bytes(encoded)
        case "arrayValue", dict(array):
            return [_any(each, depth - 1) for each in _objects(array, "values")]
        case "kvlistValue", dict(pairs):
            return {
                _text(each, "key"): _any(_object(each.get("value")), depth - 1)
                for each in _objects(pairs, "values")
            }
        case _:
            return None


def _double(value: JsonValue) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _Unreadable
    try:
        return float(value)  # text too: "NaN", "Infinity"
    except (ValueError, OverflowError) as error:
        raise _Unreadable from error


def _bytes(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise _Unreadable from error


def _integer(owner: Object, name: str) -> int:
    """A whole number of 64 bits: beyond them there is none in the protocol."""
    value = owner.get(name)
    if value is None:
        return 0
    whole = _whole(value)
    if not -INT64 <= whole < INT64:
        raise _Unreadable
    return whole


def _whole(value: JsonValue) -> int:
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _Unreadable
    return value


def _text(owner: Object, name: str) -> str:
    value = owner.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _Unreadable
    try:
        value.encode()
    except UnicodeEncodeError as error:  # half of a surrogate pair, or no UTF-8
        raise _Unreadable from error
    return value


def _object(value: JsonValue) -> Object:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _Unreadable
    return value


def _list(owner: Object, name: str) -> Sequence[JsonValue]:
    value = owner.get(name)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise _Unreadable
    return value


def _objects(owner: Object, name: str) -> Iterator[Object]:
    return map(_object, _list(owner, name))
