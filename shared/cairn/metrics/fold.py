"""The fold: a parcel and what is known of its owners, as one transaction's worth of writes.

Pure. It takes the longest run of events, from where the receipt stands, whose writes fit one
transaction; the caller commits it with the receipt and goes on from there.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

from cairn.events.model import Event, Owner, Parcel
from cairn.metrics.contribution import Addition, minute_of
from cairn.metrics.counting import contribution, value_under
from cairn.metrics.declared import Declared
from cairn.metrics.distinct import register_of
from cairn.metrics.following import NO_PARTICIPANTS, Participants
from cairn.metrics.lateness import Lateness
from cairn.metrics.model import Counters, Registers, Resolution, RollupKey, Sight
from cairn.metrics.owners import Draft, OwnerFold, Spill, identity
from cairn.metrics.series import ALL, LATE
from cairn.metrics.tally import Tally
from cairn.platform.clock import epoch_ms
from cairn.platform.errors import CairnError

ROOM: Final = 99
"""Items that one transaction may write, beside the receipt."""

FAULTS: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What counting raises where an event cannot be counted: it is pure, so again would be in vain."""


class Unfoldable(CairnError):
    """A parcel holds an event that cannot be counted, and never can be."""


@dataclass(frozen=True, slots=True)
class Folded:
    """A run of a parcel's events, folded.

    Attributes:
        done: the position after the last event of the run.
        counted: events that were counted; the others of the run had been counted before.
        owners: the new state of each owner that has new events.
        spills: ids that move from a state to a page.
        rollups: what to add, by rollup item.
        registers: who was there, by rollup item of the group `subjects`.
        sights: subjects that were not seen before on their days.
        participants: the new state of each participant in experiments that changed.
        arms: what to add, by experiment.
        arrived_at: when the parcel came, if that is known.
    """

    done: int
    counted: int
    owners: Mapping[Owner, OwnerFold]
    spills: tuple[Spill, ...]
    rollups: Mapping[RollupKey, Counters]
    registers: Mapping[RollupKey, Registers] = field(default_factory=dict)
    sights: frozenset[Sight] = frozenset()
    participants: Participants = field(default_factory=dict)
    arms: Mapping[str, Counters] = field(default_factory=dict)
    arrived_at: datetime | None = None


def fold(  # noqa: PLR0913  # what it depends on, all of it
    parcel: Parcel,
    start: int,
    owners: Mapping[Owner, OwnerFold],
    declared: Declared,
    room: int = ROOM,
    *,
    seen: AbstractSet[Sight] = frozenset(),
    participants: Participants = NO_PARTICIPANTS,
    now: datetime | None = None,
) -> Folded:
    """Folds the events of a parcel from `start`, as many as fit.

    Args:
        parcel: the parcel.
        start: the position of its first event that is not folded yet.
        owners: the state of each of its owners.
        declared: what its workspace counts apart.
        room: how many items may be written; at least `ROOM`, so that any one event fits.
        seen: which of its subjects were seen before on their days.
        participants: what is known of its participants in experiments, where any are followed.
        now: when it came; None where nothing is late.

    Raises:
        Unfoldable: one of them cannot be counted.
    """
    folding = _Folding(owners, declared, room, seen, participants, now)
    done = start
    for event in parcel.events[start:]:
        try:
            fits = folding.take(event)
        except FAULTS as error:
            fault = f"event {done}, {event.type}: {type(error).__name__}"
            raise Unfoldable(fault, code="parcel.unfoldable") from error
        if not fits:
            break
        done += 1
    return folding.finished(done)


def sight_of(event: Event) -> Sight | None:
    """The subject that an event shows, on its day; None where nobody is known."""
    if event.subject is None:
        return None
    minute = minute_of(epoch_ms(event.at))
    return Sight(event.subject, minute[: Resolution.DAY.key_length])


class _Folding:
    """A run of events in the making."""

    def __init__(  # noqa: PLR0913, PLR0917  # what `fold` depends on
        self,
        owners: Mapping[Owner, OwnerFold],
        declared: Declared,
        room: int,
        seen: AbstractSet[Sight],
        participants: Participants,
        now: datetime | None,
    ) -> None:
        self._owners = owners
        self._declared = declared
        self._room = room
        self._seen = seen
        self._sights: set[Sight] = set()
        self._now = now
        self._lateness = None if now is None else Lateness(now)
        self._tally = Tally(self._lateness)
        self._gathering = declared.following.gathering(participants)
        self._drafts: dict[Owner, Draft] = {}
        self._counted = 0

    def take(self, event: Event) -> bool:
        """Counts an event, unless it is known; says False where its writes would not fit."""
        draft = self._draft(event.owner)
        digest = identity(event)
        if draft.knows(digest):
            return True
        sight = sight_of(event)
        newcomer = sight is not None and sight not in self._seen and sight not in self._sights
        found = contribution(event, draft, self._declared, newcomer=newcomer)
        added = self._with_late(found.added)
        visited = self._tally.visited(added[0].minute, newcomer=newcomer) if sight else []
        values = partial(value_under, event, draft, found.shown, self._declared)
        change = self._gathering.look(event, values)
        needed = draft.growth + newcomer + self._tally.growth(added, visited) + change.growth
        if needed > self._room or self._tally.too_wide(added) or not change.fits:
            return False
        self._room -= needed
        change.make()
        self._tally.add(added)
        if sight is not None:
            self._sights.add(sight)
            self._tally.visit(visited, register_of(sight.subject))
        draft.take(event, digest, found)
        self._counted += 1
        return True

    def finished(self, done: int) -> Folded:
        """The run, up to the position `done`."""
        ends = [
            (owner, *draft.finished(owner))
            for owner, draft in self._drafts.items()
            if not draft.unchanged
        ]
        return Folded(
            done=done,
            counted=self._counted,
            owners={owner: state for owner, state, _ in ends},
            spills=tuple(spill for _, _, spill in ends if spill is not None),
            rollups=self._tally.rollups,
            registers=self._tally.registers,
            sights=frozenset(self._sights - self._seen),
            participants=self._gathering.participants,
            arms=self._gathering.arms,
            arrived_at=self._now,
        )

    def _with_late(self, added: tuple[Addition, ...]) -> tuple[Addition, ...]:
        """What an event adds, and that it came late, if it did."""
        if self._lateness is None or not self._lateness.concerns(added[0].minute):
            return added
        return (*added, Addition(self._lateness.minute, ALL, "", {LATE: 1}))

    def _draft(self, owner: Owner) -> Draft:
        draft = self._drafts.get(owner)
        if draft is None:
            draft = self._drafts[owner] = Draft(self._owners[owner])
        return draft
