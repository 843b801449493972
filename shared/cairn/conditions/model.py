"""The words of the condition language."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from pydantic import JsonValue

from cairn.platform.errors import InvalidRequest, Violation

type Attributes = Mapping[str, JsonValue]
"""What is known of the subject: one JSON object."""

type Test = Callable[[Attributes], bool]
"""Decides about a whole set of attributes."""

type Check = Callable[[JsonValue], bool]
"""Decides about one value; an absent attribute arrives as `None`."""

type Groups = Mapping[str, Sequence[JsonValue]]
"""Saved groups: the members of each, by the group's id."""


class Condition(NamedTuple):
    """A compiled condition.

    Attributes:
        matches: tells whether the attributes meet the condition; never raises on JSON values.
        paths: the dotted attribute paths that it reads.
    """

    matches: Test
    paths: frozenset[str]


class ConditionError(InvalidRequest):
    """A condition that cannot be published; each violation points into the condition's document."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        first = violations[0]
        super().__init__(
            f"{first.pointer or 'condition'}: {first.detail}",
            code="invalid_condition",
            violations=violations,
        )

    @property
    def pointer(self) -> str:
        """JSON pointer (RFC 6901) to the first offending value."""
        return self.violations[0].pointer


def always(_: object) -> bool:
    """Holds for everything."""
    return True


def never(_: object) -> bool:
    """Holds for nothing: what a malformed piece becomes where it may not raise."""
    return False
