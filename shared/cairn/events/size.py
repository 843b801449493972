"""How many bytes events take as JSON: exact where it matters, otherwise only bounded."""

from typing import Final

from cairn.events.model import Event

_ASCII: Final = 6
"""Bytes of a character of ASCII at most: `\\u0001`."""

_ANY: Final = 12
"""Bytes of any other one: two of these, where it is a pair in UTF-16."""

_FRAME: Final = 200
"""Bytes of names, quotes, braces and the time."""

_VALUE: Final = 40
"""Bytes of a number, or of the quotes and signs around a text and its name."""


def bytes_of(event: Event) -> int:
    """What an event takes in a parcel."""
    return len(event.model_dump_json(exclude_none=True, ensure_ascii=True))


def most_bytes_of(event: Event) -> int:
    """What an event takes at most, in a third of the time that it takes to know."""
    named = len(event.id) + len(event.source or "") + len(event.subject or "")
    size = _FRAME + _ANY * named + len(event.type) + len(event.session_id or "")
    for name, value in event.attributes.items():
        size += len(name) + _VALUE
        if isinstance(value, str):
            size += len(value) * (_ASCII if value.isascii() else _ANY)
    return size


def exceeds(event: Event, limit: int) -> bool:
    """Whether an event takes more than so many bytes."""
    return most_bytes_of(event) > limit and bytes_of(event) > limit
