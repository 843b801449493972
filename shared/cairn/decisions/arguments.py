"""The JSON of a tool call, read without any benefit of the doubt."""

import json
import re
from collections.abc import Mapping
from typing import Final, Never

from cairn.decisions.proposal import Fault
from cairn.llm.bounds import ARGUMENTS_CHARS

_ESCAPE: Final = len("u00e9")
_CUT: Final = re.compile(r"(?:t(?:ru?)?|f(?:a(?:ls?)?)?|n(?:ul?)?|[-.]|\.?[0-9]*[eE][+-]?)?")
"""What may be left of a word or number that is cut off."""

NO_JSON: Final = Fault("invalid_json", "The arguments are not JSON.")

type Arguments = Mapping[str, object]


class _RepeatedKeyError(ValueError):
    """An object names a key twice, so it is unclear what it says."""


def read_arguments(text: str) -> Arguments | Fault:
    """The arguments as one JSON object in which every key stands once.

    A repeated key, text around the object, and an object that ends too soon are told apart; NaN
    and infinities are no JSON.
    """
    if len(text) > ARGUMENTS_CHARS:
        return Fault("too_large", f"The arguments have more than {ARGUMENTS_CHARS} characters.")
    trimmed = text.strip()
    try:
        value, end = _DECODER.raw_decode(trimmed)
    except json.JSONDecodeError as error:
        return _unreadable(trimmed, error)
    except _RepeatedKeyError:
        return Fault("duplicate_key", "The arguments name a key twice.")
    except (ValueError, RecursionError):
        return NO_JSON
    return _object(value, trimmed[end:])


def _object(value: object, rest: str) -> Arguments | Fault:
    if rest.strip():
        return Fault("extra_text", "Text follows the arguments.")
    return value if isinstance(value, dict) else Fault("schema", "The arguments are not an object.")


def _unreadable(text: str, error: json.JSONDecodeError) -> Fault:
    if text.startswith("{") and _ends_too_soon(text, error):
        return Fault("truncated", "The arguments end too soon.")
    if not text.startswith("{") and "{" in text and "}" in text:
        return Fault("extra_text", "Text precedes the arguments.")
    return NO_JSON


def _ends_too_soon(text: str, error: json.JSONDecodeError) -> bool:
    """Whether the text is only the beginning of an object.

    The decoder stops at the end; or where a string, an escape, a word or a number begins that
    nothing ends.
    """
    rest = text[error.pos :].strip()
    cut_escape = error.msg.startswith("Invalid \\u") and len(rest) <= _ESCAPE
    return bool(_CUT.fullmatch(rest)) or cut_escape or error.msg.startswith("Unterminated string")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _RepeatedKeyError
    return found


def _refused(constant: str) -> Never:
    raise ValueError(f"{constant} is no JSON")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_refused)
