"""A ledger in memory, with the conditions of the real one."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from cairn.events.model import Owner, Parcel
from cairn.metrics.fold import Folded
from cairn.metrics.following import Identity, Participants, Saved
from cairn.metrics.ledger import Opening, sights_in
from cairn.metrics.model import (
    Bucket,
    Counters,
    NamedBucket,
    NamedReading,
    Reading,
    Registers,
    RollupKey,
    Sight,
)
from cairn.metrics.owners import NEVER_SEEN, OwnerFold
from cairn.metrics.windows import Span, start_of
from cairn.platform.errors import Conflict


class NoArchive:
    """Keeps nothing."""

    def keep(self, parcel: Parcel, body: str, arrived_at: datetime) -> None:
        """Keeps a parcel's body under its arrival, as archives do."""


class MemoryLedger:
    """Receipts, owners and rollups in dictionaries."""

    def __init__(self) -> None:
        self._receipts: dict[tuple[str, str], tuple[int, datetime | None]] = {}
        self._owners: dict[tuple[str, Owner], OwnerFold] = {}
        self._rollups: dict[tuple[str, int, RollupKey], Counter[str]] = {}
        self._registers: dict[tuple[str, int, RollupKey], Registers] = {}
        self._sights: set[tuple[str, Sight]] = set()
        self._participants: dict[tuple[str, Identity], Saved] = {}
        self._arms: dict[tuple[str, str], Counter[str]] = {}
        self._folded_at: datetime | None = None

    def open(self, parcel: Parcel) -> Opening:
        """Where a parcel stands, and what is known of its owners."""
        done, arrived_at = self._receipts.get((parcel.workspace, parcel.id), (0, None))
        if done == len(parcel.events):
            return Opening(done, {}, arrived_at=arrived_at)
        states = {
            owner: self._owners.get((parcel.workspace, owner), NEVER_SEEN)
            for owner in parcel.owners
        }
        seen = (sight for sight in sights_in(parcel) if (parcel.workspace, sight) in self._sights)
        return Opening(done, states, frozenset(seen), arrived_at=arrived_at)

    def participants(self, workspace: str, identities: Sequence[Identity]) -> Participants:
        """What is known of participants in experiments, of those that are known at all."""
        places = {each: (workspace, each) for each in identities}
        kept = self._participants
        return {each: kept[place] for each, place in places.items() if place in kept}

    def arms(self, workspace: str, experiment: str) -> Counters:
        """What was counted of an experiment."""
        found = self._arms.get((workspace, experiment), Counter())
        return {name: count for name, count in found.items() if count}

    def commit(self, parcel: Parcel, start: int, folded: Folded, now: datetime) -> None:
        """Writes a run of events with the receipt, or raises `Conflict` and writes nothing."""
        workspace = parcel.workspace
        self._check(parcel, start, folded)
        self._receipts[workspace, parcel.id] = folded.done, folded.arrived_at
        self._participants.update(
            ((workspace, identity), each) for identity, each in folded.participants.items()
        )
        for experiment, counters in folded.arms.items():
            self._arms.setdefault((workspace, experiment), Counter()).update(counters)
        self._sights.update((workspace, sight) for sight in folded.sights)
        for owner, state in folded.owners.items():
            self._owners[workspace, owner] = state
        for key, counters in folded.rollups.items():
            self._rollups.setdefault((workspace, parcel.shard, key), Counter()).update(counters)
        for key, registers in folded.registers.items():
            place = (workspace, parcel.shard, key)
            self._rollups.setdefault(place, Counter())
            self._registers[place] = self._registers.get(place, frozenset()) | registers
        self._folded_at = now

    def _check(self, parcel: Parcel, start: int, folded: Folded) -> None:
        workspace = parcel.workspace
        if self._receipts.get((workspace, parcel.id), (0, None))[0] != start:
            raise Conflict("The receipt stands elsewhere.")
        for owner, state in folded.owners.items():
            if self._owners.get((workspace, owner), NEVER_SEEN).version != state.version - 1:
                raise Conflict("The owner has another version.")
        if any((workspace, sight) in self._sights for sight in folded.sights):
            raise Conflict("The subject was seen meanwhile.")
        for identity, each in folded.participants.items():
            known = self._participants.get((workspace, identity))
            if (known.version if known else 0) != each.version - 1:
                raise Conflict("The participant has another version.")

    def read(self, workspace: str, group: str, span: Span) -> Reading:
        """What was counted in a group over a span."""
        sums: dict[str, Counter[str]] = {}
        registers: dict[str, Registers] = {}
        places = self._places(workspace, group, span)
        for place in places:
            bucket = place[2].bucket
            sums.setdefault(bucket, Counter()).update(self._rollups[place])
            there = self._registers.get(place, frozenset())
            registers[bucket] = registers.get(bucket, frozenset()) | there
        buckets = tuple(Bucket(start_of(key), sums[key], registers[key]) for key in sorted(sums))
        return Reading(buckets, len(places), self._folded_at if places else None)

    def read_named(self, workspace: str, group: str, span: Span) -> NamedReading:
        """The same of a group that keeps an item per bucket and name."""
        sums: dict[str, dict[str, Counter[str]]] = {}
        places = self._places(workspace, group, span)
        for place in places:
            names = sums.setdefault(place[2].bucket, {})
            names.setdefault(place[2].name, Counter()).update(self._rollups[place])
        buckets = tuple(NamedBucket(start_of(key), sums[key]) for key in sorted(sums))
        return NamedReading(buckets, len(places), self._folded_at if places else None)

    def _places(self, workspace: str, group: str, span: Span) -> list[tuple[str, int, RollupKey]]:
        first, last = span.keys
        return [
            (whose, shard, key)
            for whose, shard, key in self._rollups
            if (whose, key.resolution, key.group) == (workspace, span.resolution, group)
            and first <= key.bucket <= last
        ]
