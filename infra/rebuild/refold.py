"""Folds parcels into another fold version, which has receipts, owners and rollups of its own.

So it may be stopped at any point and begun again, and runs beside the function that folds what
comes in.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from cairn.events.model import Parcel
from cairn.metrics.declared import Declared
from cairn.metrics.fold import Folded, fold
from cairn.metrics.ledger import Ledger, gathered
from cairn.metrics.owners import NEVER_SEEN
from cairn.platform.clock import Clock
from cairn.platform.errors import Conflict

ATTEMPTS: Final = 5
"""How often a parcel is read and folded again when another rebuild was there first."""


class Group(NamedTuple):
    """A group of rollups; one with names keeps an item per bucket and name."""

    name: str
    named: bool


@dataclass(slots=True)
class Refold:
    """A ledger of another version, and what went into it.

    Attributes:
        declared: gives what a parcel's workspace counts apart, as it is declared today.
        clock: the present, from which what is written expires.
        counted: events that were counted now.
        groups: where anything was added, now or in a former run.
    """

    ledger: Ledger
    declared: Callable[[Parcel], Declared]
    clock: Clock
    counted: int = 0
    groups: set[Group] = field(default_factory=set)

    def take(self, parcel: Parcel, arrived_at: datetime) -> None:
        """Folds a parcel as it was folded when it came.

        Raises:
            Conflict: others were there first, `ATTEMPTS` times.
            StoreUnavailable: a store refuses; what is done is done.
            Unfoldable: one of its events cannot be counted.
            ItemTooLarge: no table has room for what it adds.
        """
        declared = self.declared(parcel)
        for attempt in range(ATTEMPTS):
            try:
                if not self._fold(parcel, declared, arrived_at):
                    self._note_again(parcel, declared, arrived_at)
            except Conflict:
                if attempt + 1 == ATTEMPTS:
                    raise
            else:
                return

    def _fold(self, parcel: Parcel, declared: Declared, arrived_at: datetime) -> bool:
        """Folds what is left of a parcel; says whether anything was."""
        opening = gathered(self.ledger, parcel, self.ledger.open(parcel), declared)
        begun = opening.done
        while opening.done < len(parcel.events):
            folded = opening.folded(parcel, declared, arrived_at)
            self.ledger.commit(parcel, opening.done, folded, self.clock())
            opening = opening.after(folded)
            self.counted += folded.counted
            self._note(folded)
        return begun == 0

    def _note_again(self, parcel: Parcel, declared: Declared, arrived_at: datetime) -> None:
        """Notes the groups of a parcel that a former run folded, or began to."""
        owners = dict.fromkeys(parcel.owners, NEVER_SEEN)
        done = 0
        while done < len(parcel.events):
            folded = fold(parcel, done, owners, declared, now=arrived_at)
            owners, done = {**owners, **folded.owners}, folded.done
            self._note(folded)

    def _note(self, folded: Folded) -> None:
        keys = (*folded.rollups, *folded.registers)
        self.groups.update(Group(key.group, bool(key.name)) for key in keys)
