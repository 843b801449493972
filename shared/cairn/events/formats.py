"""The forms in which events arrive: plain JSON, and CloudEvents single, batched and binary.

Plain JSON is `{"events": […]}`; sendBeacon sends it as text/plain. Any batch may say when it was
sent, by the clock that dated its events: under `sent_at` beside `events`, as the extension
attribute `sentat` of a CloudEvent (of the first that has it), or in the header `Cairn-Sent-At`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter, ValidationError

from cairn.events import cloud_events
from cairn.events.model import BATCH_BYTES, BATCH_EVENTS, Instant
from cairn.events.raw import AMBIGUOUS, NO_EVENT, Ambiguous, Json, Misshapen, RawEvent, read_json
from cairn.events.skew import SENT_AT_HEADER
from cairn.platform.errors import InvalidRequest, TooLarge, UnsupportedMediaType, Violation

SENT_AT: Final = "sent_at"

_FIELDS: Final = frozenset({"id", "type", "at", "session_id", "source", "subject"})
_UTF_8: Final = frozenset({"", "utf-8", "utf8", "us-ascii"})


@dataclass(frozen=True, slots=True)
class Batch:
    """The events of a request, as they came.

    Attributes:
        events: in their order, also what is no event.
        sent_at: when they were sent, by the sender's clock; None where it does not say.
    """

    events: Sequence[RawEvent | Misshapen]
    sent_at: datetime | None = None


type Said = tuple[str, Json]
"""When a batch was sent, and the pointer to where that stands."""


@dataclass(frozen=True, slots=True)
class _Form:
    """How the documents of a media type are read.

    Attributes:
        events: finds the events of a document.
        said: finds when they were sent.
        read: reads one of them.
    """

    events: Callable[[Json], Sequence[Json]]
    said: Callable[[Json], Said | None]
    read: Callable[[Mapping[str, Json]], RawEvent | Misshapen]


def read_batch(headers: Mapping[str, str], body: bytes) -> Batch:
    """The events of a request.

    Args:
        headers: headers by lower-case name.
        body: the body, decoded.

    Raises:
        TooLarge: more than `BATCH_BYTES` or more than `BATCH_EVENTS`.
        UnsupportedMediaType: not one of the forms, or not in UTF-8.
        InvalidRequest: not JSON, or not of that form.
    """
    media_type = _media_type(headers)
    if len(body) > BATCH_BYTES:
        raise TooLarge(f"The body may have at most {BATCH_BYTES} bytes.", code="request.too_large")
    form, document = _document(media_type, headers, body)
    found = form.events(document)
    if len(found) > BATCH_EVENTS:
        raise TooLarge(
            f"A request may have at most {BATCH_EVENTS} events.", code="request.too_many_events"
        )
    return Batch([_read(each, form) for each in found], sent_at(headers, form.said(document)))


def plain(event: Mapping[str, Json]) -> RawEvent | Misshapen:
    """A plain event with everything that is not a field of ours among its attributes.

    Nulls are absent.
    """
    fields: dict[str, Json] = {}
    attributes: dict[str, Json] = {}
    nested: Json = None
    for name, value in event.items():
        if value is None:
            continue
        if name in _FIELDS:
            fields[name] = value
        elif name == "attributes":
            nested = value
        else:
            attributes[name] = value
    if nested is None:
        return {**fields, "attributes": attributes}
    if isinstance(nested, Ambiguous):
        return AMBIGUOUS
    if not isinstance(nested, dict):
        return Misshapen("attributes must be an object.")
    if nested.keys() & attributes.keys():
        return Misshapen("An attribute is given both beside the fields and under attributes.")
    attributes.update((name, value) for name, value in nested.items() if value is not None)
    return {**fields, "attributes": attributes}


def _document(media_type: str, headers: Mapping[str, str], body: bytes) -> tuple[_Form, Json]:
    if media_type == JSON and cloud_events.VERSION_HEADER in headers:
        data = read_json(body) if body else None
        return _FORMS[CLOUD_EVENT], cloud_events.binary(headers, data)
    return _FORMS[media_type], read_json(body)


def _media_type(headers: Mapping[str, str]) -> str:
    without_data = JSON if cloud_events.VERSION_HEADER in headers else ""
    media_type, *parameters = headers.get("content-type", without_data).lower().split(";")
    if media_type.strip() not in _FORMS:
        raise UnsupportedMediaType(
            f"Send one of {', '.join(_FORMS)}.", code="request.media_type_unsupported"
        )
    if not all(_charset(each) in _UTF_8 for each in parameters):
        raise UnsupportedMediaType("Send UTF-8.", code="request.charset_unsupported")
    return media_type.strip()


def _charset(parameter: str) -> str:
    name, _, value = parameter.partition("=")
    return value.strip(' "') if name.strip() == "charset" else ""


def _read(event: Json, form: _Form) -> RawEvent | Misshapen:
    if isinstance(event, dict):
        return form.read(event)
    return AMBIGUOUS if isinstance(event, Ambiguous) else NO_EVENT


def sent_at(headers: Mapping[str, str], said: Said | None = None) -> datetime | None:
    """When a request was sent, by the sender's clock: as its body said, or else its header.

    Raises:
        InvalidRequest: what is said is no time.
    """
    pointer, written = said or ("", headers.get(SENT_AT_HEADER))
    if written is None:
        return None
    try:
        return _INSTANT.validate_python(written)
    except ValidationError as error:
        where = pointer or f"The header {SENT_AT_HEADER}"
        raise _shapeless(pointer, f"{where} must be a time as in RFC 3339.") from error


def _enveloped(document: Json) -> Sequence[Json]:
    events = document.get("events") if isinstance(document, dict) else None
    if not isinstance(events, list):
        raise _shapeless("/events", 'The body must be {"events": […]}.')
    return events


def _single(document: Json) -> Sequence[Json]:
    if not isinstance(document, dict):
        raise _shapeless("", "The body must be one CloudEvent.")
    return [document]


def _listed(document: Json) -> Sequence[Json]:
    if not isinstance(document, list):
        raise _shapeless("", "The body must be a list of CloudEvents.")
    return document


def _said_beside(document: Json) -> Said | None:
    said = document.get(SENT_AT) if isinstance(document, dict) else None
    return None if said is None else (f"/{SENT_AT}", said)


def _said_by(events: Iterable[tuple[str, Json]]) -> Said | None:
    for pointer, event in events:
        said = event.get(cloud_events.SENT_AT) if isinstance(event, dict) else None
        if said is not None:
            return f"{pointer}/{cloud_events.SENT_AT}", said
    return None


def _said_by_one(document: Json) -> Said | None:
    return _said_by([("", document)])


def _said_by_first(document: Json) -> Said | None:
    listed = document if isinstance(document, list) else []
    return _said_by((f"/{place}", each) for place, each in enumerate(listed))


def _shapeless(pointer: str, detail: str) -> InvalidRequest:
    violation = Violation(pointer, "request.shape", detail)
    return InvalidRequest("The body is invalid.", code="request.invalid", violations=[violation])


JSON: Final = "application/json"
CLOUD_EVENT: Final = "application/cloudevents+json"

_INSTANT: Final = TypeAdapter[datetime](Instant)
_PLAIN: Final = _Form(_enveloped, _said_beside, plain)
_FORMS: Final[Mapping[str, _Form]] = {
    JSON: _PLAIN,
    "text/plain": _PLAIN,
    CLOUD_EVENT: _Form(_single, _said_by_one, cloud_events.structured),
    "application/cloudevents-batch+json": _Form(_listed, _said_by_first, cloud_events.structured),
}
