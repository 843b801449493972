"""Where the fold is kept: receipts and rollups in the metrics table, owners in sessions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from cairn.events.model import Owner, Parcel
from cairn.metrics import items
from cairn.metrics.fold import Folded
from cairn.metrics.following import Identity, Participants
from cairn.metrics.ledger import Opening, sights_in
from cairn.metrics.model import (
    FOLD_VERSION,
    Registers,
    RollupKey,
    Sight,
)
from cairn.metrics.owners import OwnerFold
from cairn.platform.dynamo import NEW, Action, Condition, Dynamo, Item, Key, Put, Update


class FoldStore:
    """Receipts, owners' states and rollups, read together and committed together."""

    def __init__(
        self,
        dynamo: Dynamo,
        sessions: str,
        metrics: str,
        shards: int,
        version: int = FOLD_VERSION,
    ) -> None:
        self._dynamo = dynamo
        self._sessions = sessions
        self._metrics = metrics
        self._shards = shards
        self._version = version

    def open(self, parcel: Parcel) -> Opening:
        """Where a parcel stands, and what is known of its owners.

        One read of up to 100 items for all of it, and one for each owner whose ids fill pages.

        Raises:
            StoreUnavailable: the tables refuse or are silent.
        """
        workspace, owners, sights = parcel.workspace, parcel.owners, sights_in(parcel)
        receipt, *found = self._dynamo.get_many(
            [
                (self._metrics, self._receipt_key(workspace, parcel.id)),
                *((self._sessions, self._state_key(workspace, each)) for each in owners),
                *((self._sessions, self._sight_key(workspace, each)) for each in sights),
            ]
        )
        done, arrived_at = items.done_of(receipt), items.arrived_at_of(receipt)
        if done == len(parcel.events):
            return Opening(done, {}, arrived_at=arrived_at)
        states = map(items.state_of, found[: len(owners)])
        known = zip(sights, found[len(owners) :], strict=True)
        return Opening(
            done,
            {
                each: self._paged(workspace, each, state)
                for each, state in zip(owners, states, strict=True)
            },
            frozenset(sight for sight, item in known if item is not None),
            arrived_at=arrived_at,
        )

    def participants(self, workspace: str, identities: Sequence[Identity]) -> Participants:
        """What is known of participants in experiments, of those that are known at all.

        Raises:
            StoreUnavailable: the tables refuse or are silent.
        """
        keys = [items.participant_key(workspace, each, self._version) for each in identities]
        found = self._dynamo.get_many([(self._sessions, each) for each in keys])
        known = zip(identities, found, strict=True)
        return {identity: items.saved_of(item) for identity, item in known if item is not None}

    def arrived_at(self, workspace: str, parcel: str) -> datetime | None:
        """When the parcel with this id came that was folded; None where its receipt is gone.

        Raises:
            StoreUnavailable: the table refuses or is silent.
        """
        key = self._receipt_key(workspace, parcel)
        return items.arrived_at_of(self._dynamo.get(self._metrics, key))

    def commit(self, parcel: Parcel, start: int, folded: Folded, now: datetime) -> None:
        """Writes a run of a parcel's events, its receipt with it, or nothing.

        Raises:
            ConditionFailed: the receipt or an owner is not as it was read, or another
                transaction met this one.
            StoreUnavailable: the tables refuse or are silent; it may be written or not.
        """
        self._dynamo.transact(
            [
                self._receipt(parcel, start, folded, now),
                *self._owners(parcel.workspace, folded, now),
                *self._sights(parcel.workspace, folded, now),
                *self._rollups(parcel, folded, now),
                *self._experiments(parcel, folded, now),
            ]
        )

    def _paged(self, workspace: str, owner: Owner, state: OwnerFold) -> OwnerFold:
        if not state.page:
            return state
        prefix = items.pages_prefix(self._version)
        pages = self._dynamo.query(self._sessions, owner.partition(workspace), prefix=prefix)
        return replace(state, pages=items.pages_of(pages))

    def _receipt(self, parcel: Parcel, start: int, folded: Folded, now: datetime) -> Action:
        key = self._receipt_key(parcel.workspace, parcel.id)
        item = items.receipt_item(key, folded.done, folded.arrived_at, now)
        stands = Condition("#done = :start", {":start": start}, {"#done": "done"})
        return Put(self._metrics, item, stands if start else NEW)

    def _owners(self, workspace: str, folded: Folded, now: datetime) -> Iterator[Action]:
        for owner, state in folded.owners.items():
            item = items.state_item(workspace, owner, state, now, self._version)
            yield Put(self._sessions, item, _follows(state.version))
        for spill in folded.spills:
            key = items.page_key(workspace, spill.owner, spill.slot, self._version)
            expires: Item = {"schema": items.SCHEMA, items.EXPIRES: items.expiry(now)}
            if spill.fresh:
                yield Put(self._sessions, {"pk": key.pk, "sk": key.sk, "ids": spill.ids, **expires})
            else:
                yield Update(self._sessions, key, add={"ids": spill.ids}, put=expires)

    def _sights(self, workspace: str, folded: Folded, now: datetime) -> Iterator[Action]:
        expires: Item = {"schema": items.SCHEMA, items.EXPIRES: items.expiry(now)}
        for sight in folded.sights:
            key = self._sight_key(workspace, sight)
            yield Put(self._sessions, {"pk": key.pk, "sk": key.sk, **expires}, NEW)

    def _experiments(self, parcel: Parcel, folded: Folded, now: datetime) -> Iterator[Action]:
        workspace, shard = parcel.workspace, parcel.shard % self._shards
        for identity, saved in folded.participants.items():
            key = items.participant_key(workspace, identity, self._version)
            item = items.participant_item(key, saved, now)
            yield Put(self._sessions, item, _follows(saved.version))
        for experiment, counters in folded.arms.items():
            key = items.arms_key(workspace, experiment, shard, self._version)
            yield Update(self._metrics, key, add=counters, put={"schema": items.SCHEMA})

    def _receipt_key(self, workspace: str, parcel: str) -> Key:
        return items.receipt_key(workspace, parcel, self._version)

    def _state_key(self, workspace: str, owner: Owner) -> Key:
        return items.state_key(workspace, owner, self._version)

    def _sight_key(self, workspace: str, sight: Sight) -> Key:
        return items.sight_key(workspace, sight, self._version)

    def _rollups(self, parcel: Parcel, folded: Folded, now: datetime) -> Iterator[Action]:
        for key, counters in folded.rollups.items():
            yield self._added(parcel, key, counters, now)
        for key, registers in folded.registers.items():
            yield self._added(parcel, key, {items.REGISTERS: registers}, now)

    def _added(
        self, parcel: Parcel, key: RollupKey, added: Mapping[str, int | Registers], now: datetime
    ) -> Action:
        shard = parcel.shard % self._shards
        return Update(
            self._metrics,
            items.rollup_key(parcel.workspace, shard, key, self._version),
            add=added,
            put={
                "schema": items.SCHEMA,
                items.EXPIRES: items.rollup_expiry(key),
                items.FOLDED_AT: items.folded_at_ms(now),
            },
        )


class AdmittedStore:
    """What dimensions and vocabularies have admitted, in the metrics table; it never expires."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        self._dynamo = dynamo
        self._table = table

    def admitted(self, workspace: str, name: str) -> frozenset[str]:
        """The values of a dimension or vocabulary.

        Raises:
            StoreUnavailable: the table refuses or is silent.
        """
        return items.admitted_of(self._dynamo.get(self._table, items.admitted_key(workspace, name)))

    def admit(self, workspace: str, name: str, known: frozenset[str], more: frozenset[str]) -> None:
        """Adds values to those that are known.

        Raises:
            ConditionFailed: there are others by now; nothing was written.
            StoreUnavailable: the table refuses or is silent.
        """
        as_known = Condition(
            "size(#values) = :known", {":known": len(known)}, {"#values": items.ADMITTED}
        )
        self._dynamo.write(
            Update(
                self._table,
                items.admitted_key(workspace, name),
                add={items.ADMITTED: frozenset(map(str.encode, more))},
                put={"schema": items.SCHEMA},
                condition=as_known if known else NEW,
            )
        )


def _follows(version: int) -> Condition:
    """The condition under which an owner's state may become `version`."""
    if version == 1:
        return NEW
    return Condition("#version = :former", {":former": version - 1}, {"#version": "version"})
