"""The forms in which events arrive: plain JSON, CloudEvents single and batch.

Plain JSON is `{"events": […]}`; sendBeacon sends it as text/plain. CloudEvents 1.0 come in
structured mode; of theirs, `id`, `type`, `source` and `subject` are ours, `time` is `at`, the
extension `sessionid` is `session_id`, and `data` holds the attributes.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from pydantic import JsonValue
from pydantic_core import from_json

from cairn.events.model import BATCH_BYTES, BATCH_EVENTS
from cairn.platform.errors import InvalidRequest, TooLarge, UnsupportedMediaType, Violation

type RawEvent = Mapping[str, JsonValue]
"""An event as it came, in our own field names, not yet looked at."""

CLOUD_EVENTS: Final = "1.0"

_FIELDS: Final = frozenset({"id", "type", "at", "session_id", "source", "subject"})


def read_batch(media_type: str, body: bytes) -> list[RawEvent | None]:
    """The events of a request's body; None in the place of what is no object.

    Args:
        media_type: the content type, in lower case, without parameters.
        body: the body, decoded.

    Raises:
        TooLarge: more than `BATCH_BYTES` or more than `BATCH_EVENTS`.
        UnsupportedMediaType: not one of the forms.
        InvalidRequest: not JSON, or not of that form.
    """
    if media_type not in _READERS:
        raise UnsupportedMediaType(
            f"Send one of {', '.join(_READERS)}.", code="request.media_type_unsupported"
        )
    if len(body) > BATCH_BYTES:
        raise TooLarge(f"The body may have at most {BATCH_BYTES} bytes.", code="request.too_large")
    listed, read = _READERS[media_type]
    found = listed(_json(body))
    if len(found) > BATCH_EVENTS:
        raise TooLarge(
            f"A request may have at most {BATCH_EVENTS} events.", code="request.too_many_events"
        )
    return [read(each) if isinstance(each, dict) else None for each in found]


def plain(event: Mapping[str, JsonValue]) -> RawEvent:
    """A plain event with everything that is not a field of ours among its attributes.

    Nulls are absent. Where `attributes` is not an object, or names what also stands beside it,
    the event stays as it is and will be refused.
    """
    named = {key: value for key, value in event.items() if value is not None}
    nested = named.pop("attributes", {})
    beside = {key: named.pop(key) for key in list(named) if key not in _FIELDS}
    if not isinstance(nested, dict) or nested.keys() & beside.keys():
        return event
    return {**named, "attributes": {**_present(nested), **beside}}


def _cloud_event(event: Mapping[str, JsonValue]) -> RawEvent | None:
    data = event.get("data", {})
    if event.get("specversion") != CLOUD_EVENTS or not isinstance(data, dict):
        return None
    fields = {
        "id": event.get("id"),
        "type": event.get("type"),
        "at": event.get("time"),
        "session_id": event.get("sessionid"),
        "source": event.get("source"),
        "subject": event.get("subject"),
    }
    return {**_present(fields), "attributes": _present(data)}


def _present(fields: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {name: value for name, value in fields.items() if value is not None}


def _json(body: bytes) -> JsonValue:
    try:
        parsed: JsonValue = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidRequest("The body is not JSON.", code="request.malformed_json") from error
    return parsed


def _enveloped(document: JsonValue) -> Sequence[JsonValue]:
    events = document.get("events") if isinstance(document, dict) else None
    if not isinstance(events, list):
        raise _shapeless("/events", 'The body must be {"events": […]}.')
    return events


def _single(document: JsonValue) -> Sequence[JsonValue]:
    if not isinstance(document, dict):
        raise _shapeless("", "The body must be one CloudEvent.")
    return [document]


def _listed(document: JsonValue) -> Sequence[JsonValue]:
    if not isinstance(document, list):
        raise _shapeless("", "The body must be a list of CloudEvents.")
    return document


def _shapeless(pointer: str, detail: str) -> InvalidRequest:
    violation = Violation(pointer, "request.shape", detail)
    return InvalidRequest(
        "The body breaks the contract.", code="request.invalid", violations=[violation]
    )


type _Listed = Callable[[JsonValue], Sequence[JsonValue]]
type _Read = Callable[[Mapping[str, JsonValue]], RawEvent | None]

_READERS: Final[Mapping[str, tuple[_Listed, _Read]]] = {
    "application/json": (_enveloped, plain),
    "text/plain": (_enveloped, plain),
    "application/cloudevents+json": (_single, _cloud_event),
    "application/cloudevents-batch+json": (_listed, _cloud_event),
}
