"""Events as they came: JSON that was read strictly, and nothing more known of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cairn.platform.errors import InvalidRequest

type Json = object
"""A value of JSON, or an `Ambiguous`, that nobody has looked at."""

type RawEvent = Mapping[str, Json]
"""An event in our own field names, not yet looked at."""


@dataclass(frozen=True, slots=True)
class Misshapen:
    """What stands in the place of an event and is none.

    Attributes:
        detail: why, in one sentence.
    """

    detail: str


class Ambiguous:
    """Stands for an object that has a name twice (RFC 8259, section 4, leaves its meaning open)."""


LONGEST: Final = 400
"""Characters of a whole number; of a longer one, what a double holds is read: infinity."""

NO_EVENT: Final = Misshapen("It is not a JSON object.")
AMBIGUOUS: Final = Misshapen("It contains a key twice.")


def read_json(body: bytes) -> Json:
    """A body as JSON (RFC 8259): UTF-8, no NaN, an `Ambiguous` for an object with a name twice.

    Raises:
        InvalidRequest: it is not that, or nested too deeply.
    """
    try:
        parsed: Json = _DECODER.decode(body.decode())
    except UnicodeDecodeError as error:
        raise _malformed("The body is not UTF-8.") from error
    except RecursionError as error:
        raise _malformed("The body is nested too deeply.") from error
    except ValueError as error:
        raise _malformed("The body is not JSON.") from error
    return parsed


def present(fields: Mapping[str, Json]) -> dict[str, Json]:
    """The fields that are not null: a null is the same as nothing."""
    return {name: value for name, value in fields.items() if value is not None}


def _malformed(detail: str) -> InvalidRequest:
    return InvalidRequest(detail, code="request.malformed_json")


def _object(pairs: list[tuple[str, Json]]) -> Json:
    found = dict(pairs)
    return found if len(found) == len(pairs) else Ambiguous()


def _not_a_number(constant: str) -> Json:
    raise ValueError(constant)


def _whole(digits: str) -> Json:
    return int(digits) if len(digits) <= LONGEST else float(digits)


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_whole, parse_constant=_not_a_number
)
