"""Reading the attribute at a dotted path."""

from collections.abc import Callable

from pydantic import JsonValue

from cairn.conditions.model import Attributes

type Reader = Callable[[Attributes], JsonValue]


def reader(path: str) -> Reader:
    """A function that reads `path`, such as `address.country`; `None` where it leads nowhere."""
    first, *rest = path.split(".")
    if not rest:
        return lambda attributes: attributes.get(first)

    def read(attributes: Attributes) -> JsonValue:
        current = attributes.get(first)
        for segment in rest:
            if not isinstance(current, dict):
                return None
            current = current.get(segment)
        return current

    return read
