"""Reading the attribute at a dotted path."""

from collections.abc import Callable, Sequence

from pydantic import JsonValue

from cairn.conditions.model import Attributes

type Reader = Callable[[Attributes], JsonValue]


def reader(path: str) -> Reader:
    """A function that reads `path`, such as `address.country`; `None` where it leads nowhere."""
    first, *rest = path.split(".")
    if not rest:
        return lambda attributes: attributes.get(first)

    return _within(first, rest[0]) if len(rest) == 1 else _along(first, rest)


def _within(first: str, second: str) -> Reader:
    """Two segments: most paths by far, read many times in each decision."""

    def read(attributes: Attributes) -> JsonValue:
        outer = attributes.get(first)
        return outer.get(second) if isinstance(outer, dict) else None

    return read


def _along(first: str, rest: Sequence[str]) -> Reader:
    def read(attributes: Attributes) -> JsonValue:
        current = attributes.get(first)
        for segment in rest:
            if not isinstance(current, dict):
                return None
            current = current.get(segment)
        return current

    return read
