"""What a root span says of its invocation: the fields of the log line, in the words of spans."""

import re
from collections.abc import Mapping
from typing import Final

from cairn.platform.errors import SERVER_FAULT
from cairn.platform.observability.recording import OpenSpan
from cairn.platform.observability.span import SpanValue

type Told = SpanValue | list[str] | None

PREFIX: Final = "cairn."
STATUS: Final = "status"

_CODE: Final = re.compile(r"[\w.:-]{1,100}")
"""Lists of codes are told; lists of sentences, in which anything may stand, stay in the log."""


def describe(root: OpenSpan, fields: Mapping[str, Told], error: Exception | None) -> None:
    """Sets the root's attributes and status, by OpenTelemetry's conventions where they have one."""
    if root.kind == "server":
        _http(root, fields.get(STATUS))
    attributes = root.attributes
    for name, value in fields.items():
        if isinstance(value, list):
            if value and all(map(_CODE.fullmatch, value)):
                attributes[PREFIX + name] = tuple(value)
        elif value is not None and name != STATUS:
            attributes[PREFIX + name] = value
    if error is not None:
        root.fail(type(error).__name__)


def _http(root: OpenSpan, status: Told) -> None:
    method, _, route = root.name.partition(" ")
    if route:
        root.set("http.request.method", method)
        root.set("http.route", route)
    if isinstance(status, int):
        root.set("http.response.status_code", status)
        if status >= SERVER_FAULT:
            root.fail(str(status))
