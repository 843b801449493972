"""The fold: a parcel and what is known of its owners, as one transaction's worth of writes.

Pure. It takes the longest run of events, from where the receipt stands, whose writes fit one
transaction; the caller commits it with the receipt and goes on from there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cairn.events.model import Event, Owner, Parcel
from cairn.metrics.counting import contribution
from cairn.metrics.declared import Declared
from cairn.metrics.model import Contribution, Counters, Resolution, RollupKey
from cairn.metrics.owners import Draft, OwnerFold, Spill, identity

ROOM: Final = 99
"""Items that one transaction may write, beside the receipt."""

_RESOLUTIONS: Final = tuple((each, each.key_length) for each in Resolution)


@dataclass(frozen=True, slots=True)
class Folded:
    """A run of a parcel's events, folded.

    Attributes:
        done: the position after the last event of the run.
        counted: events that were counted; the others of the run had been counted before.
        owners: the new state of each owner that has new events.
        spills: ids that move from a state to a page.
        rollups: what to add, by rollup item.
    """

    done: int
    counted: int
    owners: Mapping[Owner, OwnerFold]
    spills: tuple[Spill, ...]
    rollups: Mapping[RollupKey, Counters]


def fold(
    parcel: Parcel,
    start: int,
    owners: Mapping[Owner, OwnerFold],
    declared: Declared,
    room: int = ROOM,
) -> Folded:
    """Folds the events of a parcel from `start`, as many as fit.

    Args:
        parcel: the parcel.
        start: the position of its first event that is not folded yet.
        owners: the state of each of its owners.
        declared: what its workspace counts apart.
        room: how many items may be written; at least 29, so that any one event fits.
    """
    folding = _Folding(owners, declared, room)
    done = start
    for event in parcel.events[start:]:
        if not folding.take(event):
            break
        done += 1
    return folding.finished(done)


class _Folding:
    """A run of events in the making."""

    def __init__(self, owners: Mapping[Owner, OwnerFold], declared: Declared, room: int) -> None:
        self._owners = owners
        self._declared = declared
        self._room = room
        self._drafts: dict[Owner, Draft] = {}
        self._tally: dict[RollupKey, dict[str, int]] = {}
        self._counted = 0

    def take(self, event: Event) -> bool:
        """Counts an event, unless it is known; says False where its writes would not fit."""
        draft = self._draft(event.owner)
        digest = identity(event)
        if draft.knows(digest):
            return True
        found = contribution(event, draft, self._declared)
        keys = _keys(event, found)
        needed = draft.growth + sum(key not in self._tally for key, _ in keys)
        if needed > self._room:
            return False
        self._room -= needed
        for key, counters in keys:
            _add(self._tally.setdefault(key, {}), counters)
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
            rollups=self._tally,
        )

    def _draft(self, owner: Owner) -> Draft:
        draft = self._drafts.get(owner)
        if draft is None:
            draft = self._drafts[owner] = Draft(self._owners[owner])
        return draft


def _keys(event: Event, found: Contribution) -> list[tuple[RollupKey, Counters]]:
    """The rollup items that an event adds to, and what."""
    at = event.at.isoformat()
    return [
        (RollupKey(resolution, group, at[:length]), counters)
        for group, counters in found.groups.items()
        for resolution, length in _RESOLUTIONS
    ]


def _add(total: dict[str, int], counters: Counters) -> None:
    for name, count in counters.items():
        total[name] = total.get(name, 0) + count
