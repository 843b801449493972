"""Cursors: where the next page of a list begins, as an opaque text, good for that list only."""

import base64
from datetime import timedelta
from typing import Final

from pydantic import BaseModel, ValidationError

from cairn.platform.errors import InvalidRequest
from cairn.traces.listing import EPOCH, HOUR, LONGEST_SPAN, Position, Question, hour_of, unreadable

LONGEST: Final = 1_024
"""Characters of a cursor."""

MICROSECOND: Final = timedelta(microseconds=1)

ALPHABET: Final = b"-_"
"""The last two digits of base64url (RFC 4648, section 5)."""


class Cursor(BaseModel):
    """What a cursor says, when it is opened."""

    question: str
    position: Position


def sealed(question: Question, position: Position | None) -> str | None:
    """A position as an opaque cursor, good for the same question only."""
    if position is None:
        return None
    cursor = Cursor(question=question.digest, position=position)
    return base64.urlsafe_b64encode(cursor.model_dump_json().encode()).decode().rstrip("=")


def opened(question: Question, cursor: str) -> Position:
    """The position that a cursor holds.

    Raises:
        InvalidRequest: it is none of ours, or was given for another question.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        found = Cursor.model_validate_json(
            base64.b64decode(padded, altchars=ALPHABET, validate=True)
        )
        sound = _sound(found.position)
    except (ValidationError, ValueError, OverflowError) as error:
        raise _no_cursor() from error
    if not sound:
        raise _no_cursor()
    if found.question != question.digest:
        detail = "The cursor belongs to another query; filters must stay the same."
        raise unreadable("cursor", "traces.cursor_foreign", detail)
    return found.position


def _sound(position: Position) -> bool:
    """Whether it could be ours: within its own time, and that no longer than may be asked for."""
    start, end, hour = position.start, position.end, position.hour
    if not (EPOCH <= start <= end <= start + LONGEST_SPAN and hour_of(start) <= hour <= end):
        return False
    if position.after is None:
        return True
    after = EPOCH + int(position.after.listed_at) * MICROSECOND
    return max(start, hour) <= after <= end and after < hour + HOUR


def _no_cursor() -> InvalidRequest:
    return unreadable("cursor", "traces.cursor_invalid", "It is not a cursor.")
