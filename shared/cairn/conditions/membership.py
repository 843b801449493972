"""Membership in a list of scalars, decided by hashing instead of searching."""

from collections.abc import Iterable
from typing import NamedTuple, Self

from pydantic import JsonValue

from cairn.conditions.model import Attributes, Test


class Members(NamedTuple):
    """The scalars of a list; lists and objects in it equal nothing and are left out.

    Attributes:
        scalars: strings, numbers and null.
        flags: booleans, apart, because Python takes `True` for `1`.
        fold: whether text compares without regard to case; `scalars` is then lower case.
    """

    scalars: frozenset[str | float | None]
    flags: frozenset[bool]
    fold: bool

    @classmethod
    def of(cls, values: Iterable[JsonValue], *, fold: bool = False) -> Self:
        """The members among `values`."""
        listed = list(values)
        return cls(
            scalars=frozenset(
                value.lower() if fold and isinstance(value, str) else value
                for value in listed
                if value is None
                or (isinstance(value, str | int | float) and not isinstance(value, bool))
            ),
            flags=frozenset(value for value in listed if isinstance(value, bool)),
            fold=fold,
        )

    def at(self, path: str) -> Test:
        """A test for `meet` of the attribute at a path of one segment; regards case."""
        scalars, meet = self.scalars, self.meet

        def test(attributes: Attributes) -> bool:
            actual = attributes.get(path)
            return actual in scalars if type(actual) is str else meet(actual)

        return test

    def meet(self, actual: JsonValue) -> bool:
        """Whether `actual` is a member or, being a list, has one among its items."""
        if isinstance(actual, list):
            return any(self._have(item) for item in actual)
        return self._have(actual)

    def miss(self, actual: JsonValue) -> bool:
        """The complement of `meet`."""
        return not self.meet(actual)

    def _have(self, actual: JsonValue) -> bool:
        if isinstance(actual, str):
            return (actual.lower() if self.fold else actual) in self.scalars
        if isinstance(actual, bool):
            return actual in self.flags
        if isinstance(actual, list | dict):
            return False
        return actual in self.scalars
