"""What is told of an event that is not of the form of one: never what stood in it."""

from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError

from cairn.events.model import ATTRIBUTES

MISSING: Final = "missing"
SURROGATE: Final = "string_unicode"

_TEXT: Final = "a text of 1 to {} characters"
_FIELDS: Final = {
    "id": _TEXT.format(128),
    "type": "a name such as page.viewed, in lower case, with at least one dot and at most 64 "
    "characters",
    "at": "a time as in RFC 3339, with its offset, such as 2026-11-20T10:00:00Z",
    "session_id": "1 to 128 letters, digits and ._:-",
    "source": _TEXT.format(256),
    "subject": _TEXT.format(128),
    "attributes": f"an object of at most {ATTRIBUTES} attributes",
}

_VALUE: Final = "must be a text of at most 1,024 characters, a finite number or a boolean"
_NAME: Final = (
    "The name of an attribute begins with a letter and has at most 64 letters, digits and _.-"
)


def told(error: ValidationError) -> str:
    """The first fault of an event, as a sentence."""
    found = error.errors(include_url=False, include_context=False, include_input=False)[0]
    field, *inner = found["loc"]
    if found["type"] == SURROGATE:
        return f"A text in {field} contains half of a surrogate pair."
    if inner:
        return _of_attribute(inner)
    if found["type"] == MISSING:
        return f"An event needs {field}."
    return f"{field} must be {_FIELDS[str(field)]}."


def too_many_attributes(count: int) -> str | None:
    """What is told of an event with so many attributes; None where they are not too many."""
    return f"attributes must be {_FIELDS['attributes']}." if count > ATTRIBUTES else None


def _of_attribute(inner: Sequence[int | str]) -> str:
    name, *rest = inner
    return f"{_NAME}." if "[key]" in rest else f"The attribute {name} {_VALUE}."
