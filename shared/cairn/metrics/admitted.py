"""Which values are counted apart where they are not known beforehand: the first that ever come.

So it is with open dimensions, and with operations and models beside Cairn's own and those that are
published, each up to its limit. Values are admitted
before the fold, in an item of their own: adding a value again changes nothing, so a parcel that is
folded later, or never, has done no harm. A process remembers what it read, and reads again only
where a value is new to it and there is room for one more.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Final, Protocol

from cairn.events.model import Parcel
from cairn.metrics.declared import Declared
from cairn.metrics.model import MODELS_APART, OPERATIONS_APART, VALUE_PATTERN, is_short
from cairn.metrics.named import models_in, operations_in
from cairn.metrics.series import MODELS, OPERATIONS
from cairn.platform.errors import Conflict

ATTEMPTS: Final = 10
"""How often others may be there first: each time they admitted something, so it ends."""

_VALUE: Final = re.compile(VALUE_PATTERN)


class Admitted(Protocol):
    """Keeps admitted values by the name of a dimension or vocabulary; they only become more."""

    def admitted(self, workspace: str, name: str) -> frozenset[str]:
        """The values of a dimension or vocabulary."""
        ...

    def admit(self, workspace: str, name: str, known: frozenset[str], more: frozenset[str]) -> None:
        """Adds values to those that are known, or raises `Conflict` where there are others."""
        ...


class Admission:
    """Admits the values that parcels show."""

    def __init__(self, kept: Admitted) -> None:
        self._kept = kept
        self._known: dict[tuple[str, str], frozenset[str]] = {}

    def admitting(self, parcel: Parcel, declared: Declared) -> Declared:
        """What is declared, with the values that were admitted, those of a parcel among them.

        Raises:
            Conflict: others were there first, `ATTEMPTS` times.
            StoreUnavailable: the values cannot be read or written.
        """
        open_ones = {
            dimension: self._values(parcel.workspace, dimension, limit, _shown(parcel, dimension))
            for dimension, limit in declared.limits.items()
        }
        return replace(
            declared,
            dimensions={**declared.dimensions, **open_ones},
            operations=declared.operations
            | self._values(
                parcel.workspace,
                OPERATIONS,
                OPERATIONS_APART,
                (each for each in operations_in(parcel) if each not in declared.operations),
            ),
            models=declared.models
            | self._values(
                parcel.workspace,
                MODELS,
                MODELS_APART,
                (each for each in models_in(parcel) if each not in declared.models),
            ),
        )

    def _values(
        self, workspace: str, name: str, limit: int, values: Iterable[str]
    ) -> frozenset[str]:
        whose = workspace, name
        shown = list(dict.fromkeys(values))
        known = self._known.get(whose, frozenset())
        if len(known) < limit and not known.issuperset(shown):
            known = self._known[whose] = self._agreed(whose, shown, limit)
        return known

    def _agreed(self, whose: tuple[str, str], shown: list[str], limit: int) -> frozenset[str]:
        for _ in range(ATTEMPTS - 1):
            with suppress(Conflict):
                return self._extended(whose, shown, limit)
        return self._extended(whose, shown, limit)

    def _extended(self, whose: tuple[str, str], shown: list[str], limit: int) -> frozenset[str]:
        """The values that are kept, after as many as there is room for were added to them."""
        known = self._kept.admitted(*whose)
        room = max(0, limit - len(known))
        more = frozenset([value for value in shown if value not in known][:room])
        if more:
            self._kept.admit(*whose, known, more)
        return known | more


def _shown(parcel: Parcel, dimension: str) -> Iterator[str]:
    """The values of a dimension in a parcel that may be counted apart, in order."""
    for event in parcel.events:
        value = event.text(dimension)
        if value is not None and is_short(value) and _VALUE.match(value):
            yield value
