"""CloudEvents 1.0 in our own field names: structured, batched, and binary over HTTP.

Of theirs, `id`, `type`, `source` and `subject` are ours, `time` is `at`, and `data` holds the
attributes. Two extension attributes are read: `sessionid` is `session_id`, and `sentat` says when
the event was sent.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

from cairn.events.raw import AMBIGUOUS, Ambiguous, Json, Misshapen, RawEvent, present

VERSION: Final = "1.0"
VERSION_HEADER: Final = "ce-specversion"
"""A request with this header holds an event in binary mode: its attributes are headers."""

SENT_AT: Final = "sentat"

_HEADER: Final = "ce-"
_NAMES: Final = {
    "id": "id",
    "type": "type",
    "time": "at",
    "sessionid": "session_id",
    "source": "source",
    "subject": "subject",
}

HEADERS: Final = frozenset({VERSION_HEADER, *(_HEADER + name for name in (*_NAMES, SENT_AT))})
"""Headers of the binary mode that are read."""


def structured(event: Mapping[str, Json]) -> RawEvent | Misshapen:
    """An event of the structured mode (JSON event format, section 3)."""
    if event.get("specversion") != VERSION:
        return Misshapen(f"It is not a CloudEvent of version {VERSION}.")
    if "data_base64" in event:
        return Misshapen("Its data must be JSON, under data.")
    data = event.get("data")
    if isinstance(data, Ambiguous):
        return AMBIGUOUS
    if not isinstance(data, dict | None):
        return Misshapen("Its data must be an object.")
    fields = {ours: event.get(theirs) for theirs, ours in _NAMES.items()}
    return {**present(fields), "attributes": present(data or {})}


def binary(headers: Mapping[str, str], data: Json) -> dict[str, Json]:
    """An event of the binary mode (HTTP protocol binding, section 3.1), as a structured one.

    Args:
        headers: headers by lower-case name; values are percent-encoded.
        data: the body.
    """
    fields = {
        name.removeprefix(_HEADER): unquote(value)
        for name, value in headers.items()
        if name in HEADERS
    }
    return {**fields, "data": data}
