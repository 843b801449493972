"""How a parcel is counted exactly once, whatever happens between two steps.

A parcel's receipt says how many of its events are folded. It moves on in the same transaction
that writes what those events add, under the condition that it stands where it was read; so a
parcel that comes again, alone or in other company, goes on where it stopped or adds nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

from cairn.events.model import Owner, Parcel
from cairn.metrics.declared import Declared
from cairn.metrics.fold import Folded, fold, sight_of
from cairn.metrics.following import NO_PARTICIPANTS, Identity, Participants
from cairn.metrics.model import Sight
from cairn.metrics.owners import OwnerFold
from cairn.platform.clock import Clock, Wait, at_once
from cairn.platform.errors import Conflict

ATTEMPTS: Final = 10
"""How often a parcel is read and folded again when somebody else was there first."""

FIRST_WAIT_S: Final = 0.02
LONGEST_WAIT_S: Final = 0.4
"""How long is waited at most before it is, doubled each time; all together 2 seconds at most, so
that a whole batch of rivals ends before its function must. A parcel that is returned instead waits
for as long as the queue hides it, and all of its group with it."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Where a parcel stands.

    Attributes:
        done: how many of its events are folded.
        owners: the state of each of its owners; empty where all is done.
        seen: which of its subjects were seen before on their days.
        participants: what is known of its participants in experiments, where any are followed.
        arrived_at: when it came, by its receipt; None where nothing of it is folded.
    """

    done: int
    owners: Mapping[Owner, OwnerFold]
    seen: frozenset[Sight] = frozenset()
    participants: Participants = NO_PARTICIPANTS
    arrived_at: datetime | None = None

    def folded(self, parcel: Parcel, declared: Declared, now: datetime | None = None) -> Folded:
        """The next run of the parcel's events; see `fold`."""
        return fold(
            parcel,
            self.done,
            self.owners,
            declared,
            seen=self.seen,
            participants=self.participants,
            now=now,
        )

    def after(self, folded: Folded) -> "Opening":
        """Where the parcel stands once a run of its events is committed."""
        return Opening(
            done=folded.done,
            owners={**self.owners, **folded.owners},
            seen=self.seen | folded.sights,
            participants={**self.participants, **folded.participants},
            arrived_at=self.arrived_at,
        )


def sights_in(parcel: Parcel) -> list[Sight]:
    """The subjects that a parcel shows on their days, each once."""
    sights = map(sight_of, parcel.events)
    return list(dict.fromkeys(sight for sight in sights if sight is not None))


class Ledger(Protocol):
    """Keeps receipts, owners and rollups."""

    def open(self, parcel: Parcel) -> Opening:
        """Where a parcel stands, and what is known of its owners."""
        ...

    def participants(self, workspace: str, identities: Sequence[Identity]) -> Participants:
        """What is known of participants in experiments, of those that are known at all."""
        ...

    def commit(self, parcel: Parcel, start: int, folded: Folded, now: datetime) -> None:
        """Writes a run of events with the receipt, or raises `Conflict` and writes nothing."""
        ...


class Archive(Protocol):
    """Keeps parcels as they came."""

    def keep(self, parcel: Parcel, body: str, arrived_at: datetime) -> None:
        """Keeps a parcel's body under its arrival."""
        ...


@dataclass(frozen=True, slots=True)
class Ingestion:
    """Takes parcels in.

    Attributes:
        declared: gives what a parcel's workspace counts apart.
        wait: lets others go first.
    """

    ledger: Ledger
    archive: Archive
    declared: Callable[[Parcel], Declared]
    clock: Clock
    wait: Wait = at_once

    def take(self, parcel: Parcel, body: str) -> int:
        """Archives and folds a parcel; gives the number of events that were counted now.

        Raises:
            Conflict: others were there first, `ATTEMPTS` times.
            StoreUnavailable: a store refuses; the parcel may come again.
            Unfoldable: one of its events cannot be counted.
        """
        declared = self.declared(parcel)
        opening = self._opened(parcel, body, declared)
        counted = conflicts = 0
        while opening.done < len(parcel.events):
            folded = opening.folded(parcel, declared, opening.arrived_at)
            try:
                self.ledger.commit(parcel, opening.done, folded, self.clock())
            except Conflict:
                conflicts += 1
                if conflicts == ATTEMPTS:
                    raise
                self.wait(min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (conflicts - 1)))
                opening = self._opened(parcel, body, declared)
            else:
                opening = opening.after(folded)
                counted += folded.counted
        return counted

    def _opened(self, parcel: Parcel, body: str, declared: Declared) -> Opening:
        """Where a parcel stands, archived under its arrival.

        It arrives once all is read that it is folded with: whatever this was written by has
        arrived before. So the archive, in the order of arrivals, is folded anew to the same.
        """
        opening = gathered(self.ledger, parcel, self.ledger.open(parcel), declared)
        if opening.arrived_at is not None:
            return opening
        arrived_at = self.clock()
        self.archive.keep(parcel, body, arrived_at)
        return replace(opening, arrived_at=arrived_at)


def gathered(ledger: Ledger, parcel: Parcel, opening: Opening, declared: Declared) -> Opening:
    """The same with what is known of a parcel's participants, and of whom they turned out to be.

    One more read, and rarely a third, in workspaces that follow experiments; none in others.

    Raises:
        StoreUnavailable: a store refuses.
    """
    if opening.done == len(parcel.events):
        return opening
    asked = declared.following.wanted(parcel)
    known = NO_PARTICIPANTS
    while asked:
        found = ledger.participants(parcel.workspace, asked)
        known = {**known, **found}
        asked = [each for each in declared.following.further(found) if each not in known]
    return replace(opening, participants=known)
