"""Version comparison by padded text (GrowthBook SDK specification, `paddedVersionString`)."""

import re
from collections.abc import Callable

from pydantic import JsonValue

from cairn.conditions.model import Check

type TextOrder = Callable[[str, str], bool]

_NOISE = re.compile(r"^v|\+.*$")
_SEPARATORS = re.compile(r"[-.]")
_CORE_PARTS = 3
_PAD_WIDTH = 5


def version_in_order(order: TextOrder, limit: JsonValue) -> Check:
    """A check that a version stands in `order` (such as `operator.lt`) to `limit`.

    What is no version counts as version 0, an absent attribute too. Numbers of more than five
    digits compare as text, as they do in every SDK that follows the specification.
    """
    padded_limit = padded(limit)
    return lambda actual: order(padded(actual), padded_limit)


def padded(version: JsonValue) -> str:
    """A version as text whose alphabetical order is the order of versions.

    A leading `v` and build metadata are dropped, numbers are padded on the left, and a release
    gets a last part `~`, so that it sorts after its own pre-releases.
    """
    parts = _SEPARATORS.split(_NOISE.sub("", _text(version)))
    if len(parts) == _CORE_PARTS:
        parts.append("~")
    return "-".join(part.rjust(_PAD_WIDTH) if _is_numeric(part) else part for part in parts)


def _text(version: JsonValue) -> str:
    if isinstance(version, bool) or not version:
        return "0"
    if isinstance(version, float) and version.is_integer():
        return str(int(version))
    return str(version) if isinstance(version, str | int | float) else "0"


def _is_numeric(part: str) -> bool:
    return part.isascii() and part.isdigit()
