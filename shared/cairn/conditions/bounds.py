"""How large a condition may be, checked before anything recurses into it."""

from pydantic import JsonValue

from cairn.conditions.model import ConditionError
from cairn.platform.errors import Violation

MAX_DEPTH = 32
MAX_VALUES = 10_000


def check_bounds(document: JsonValue) -> None:
    """Refuses a document of more than `MAX_DEPTH` levels or `MAX_VALUES` JSON values.

    Raises:
        ConditionError: the document is too deep or too large.
    """
    level: list[JsonValue] = [document]
    values = depth = 0
    while level:
        values, depth = values + len(level), depth + 1
        if values > MAX_VALUES:
            raise _too("large", f"a condition has at most {MAX_VALUES} values")
        if depth > MAX_DEPTH:
            raise _too("deep", f"a condition has at most {MAX_DEPTH} levels")
        level = [child for value in level for child in _children(value)]


def _children(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _too(what: str, detail: str) -> ConditionError:
    return ConditionError([Violation("", f"condition.too_{what}", detail)])
