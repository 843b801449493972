"""Participants and arms as the fold keeps them, written by somebody else than the fold."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from zlib import crc32

from cairn.metrics import items
from cairn.metrics.following import Identity, Participants, Saved
from cairn.metrics.model import FOLD_VERSION, Counters
from cairn.platform.dynamo import NEW, Action, Condition, Dynamo, Put, Update


class Store(Protocol):
    """Where participants and arms are."""

    def participants(self, workspace: str, identities: Sequence[Identity]) -> Participants:
        """What is known of participants, of those that are known at all."""
        ...

    def write(
        self, workspace: str, changed: Participants, arms: Mapping[str, Counters], now: datetime
    ) -> None:
        """Writes participants over their versions and adds to arms, or nothing.

        Raises:
            Conflict: a participant is not as it was read, or another transaction met this one.
        """
        ...


class LiveStore:
    """The tables of the fold.

    Args:
        dynamo: the tables.
        sessions: the name of that with participants.
        metrics: the name of that with arms and receipts.
        shards: shards of arms.
    """

    def __init__(self, dynamo: Dynamo, sessions: str, metrics: str, shards: int) -> None:
        self._dynamo = dynamo
        self._sessions = sessions
        self._metrics = metrics
        self._shards = shards

    def done(self, workspace: str, parcel: str) -> int:
        """How many events of a parcel are folded, by its receipt.

        Raises:
            StoreUnavailable: the table refuses or is silent.
        """
        return items.done_of(self._dynamo.get(self._metrics, items.receipt_key(workspace, parcel)))

    def participants(self, workspace: str, identities: Sequence[Identity]) -> Participants:
        """See `Store`.

        Raises:
            StoreUnavailable: the table refuses or is silent.
        """
        keys = [(self._sessions, items.participant_key(workspace, each)) for each in identities]
        known = zip(identities, self._dynamo.get_many(keys), strict=True)
        return {identity: items.saved_of(item) for identity, item in known if item is not None}

    def write(
        self, workspace: str, changed: Participants, arms: Mapping[str, Counters], now: datetime
    ) -> None:
        """See `Store`.

        Raises:
            ConditionFailed: a participant is not as it was read.
            StoreUnavailable: the tables refuse or are silent; it may be written or not.
        """
        shard = crc32(next(iter(changed)).id.encode()) % self._shards
        self._dynamo.transact(
            [*self._puts(workspace, changed, now), *self._adds(workspace, arms, shard)]
        )

    def _puts(self, workspace: str, changed: Participants, now: datetime) -> Iterator[Action]:
        for identity, each in changed.items():
            item = items.participant_item(items.participant_key(workspace, identity), each, now)
            yield Put(self._sessions, item, _over(each))

    def _adds(self, workspace: str, arms: Mapping[str, Counters], shard: int) -> Iterator[Action]:
        for name, counters in arms.items():
            key = items.arms_key(workspace, name, shard, FOLD_VERSION)
            yield Update(self._metrics, key, add=counters, put={"schema": items.SCHEMA})


class Rehearsal:
    """Writes that are only remembered, over a store that is only read."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._written: dict[Identity, Saved] = {}

    def participants(self, workspace: str, identities: Sequence[Identity]) -> Participants:
        """See `Store`."""
        found = self._store.participants(workspace, identities)
        mine = {each: self._written[each] for each in identities if each in self._written}
        return {**found, **mine}

    def write(
        self, _workspace: str, changed: Participants, _arms: Mapping[str, Counters], _now: datetime
    ) -> None:
        """See `Store`."""
        self._written.update(changed)


def _over(saved: Saved) -> Condition:
    if saved.version == 1:
        return NEW
    return Condition("#version = :former", {":former": saved.version - 1}, {"#version": "version"})
