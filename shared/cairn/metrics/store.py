"""Where the fold is kept: receipts and rollups in the metrics table, owners in sessions."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from cairn.events.model import Owner, Parcel
from cairn.metrics import items
from cairn.metrics.fold import Folded
from cairn.metrics.ledger import Opening
from cairn.metrics.model import Reading
from cairn.metrics.owners import OwnerFold
from cairn.metrics.windows import Span
from cairn.platform.clock import from_epoch_ms
from cairn.platform.dynamo import NEW, Action, Condition, Dynamo, Item, Put, Update


class FoldStore:
    """Receipts, owners' states and rollups, read together and committed together."""

    def __init__(self, dynamo: Dynamo, sessions: str, metrics: str, shards: int) -> None:
        self._dynamo = dynamo
        self._sessions = sessions
        self._metrics = metrics
        self._shards = shards

    def open(self, parcel: Parcel) -> Opening:
        """Where a parcel stands, and what is known of its owners.

        One read for all of it, and one more for each owner whose ids fill pages.

        Raises:
            StoreUnavailable: the tables refuse or are silent.
        """
        owners = parcel.owners
        states = [(self._sessions, items.state_key(parcel.workspace, each)) for each in owners]
        receipt, *found = self._dynamo.get_many(
            [(self._metrics, items.receipt_key(parcel)), *states]
        )
        done = items.done_of(receipt)
        if done == len(parcel.events):
            return Opening(done, {})
        known = zip(owners, map(items.state_of, found), strict=True)
        return Opening(done, {each: self._paged(parcel.workspace, each, it) for each, it in known})

    def commit(self, parcel: Parcel, start: int, folded: Folded, now: datetime) -> None:
        """Writes a run of a parcel's events, its receipt with it, or nothing.

        Raises:
            ConditionFailed: the receipt or an owner is not as it was read, or another
                transaction met this one.
            StoreUnavailable: the tables refuse or are silent; it may be written or not.
        """
        self._dynamo.transact(
            [
                self._receipt(parcel, start, folded.done, now),
                *self._owners(parcel.workspace, folded, now),
                *self._rollups(parcel, folded, now),
            ]
        )

    def _paged(self, workspace: str, owner: Owner, state: OwnerFold) -> OwnerFold:
        if not state.page:
            return state
        pages = self._dynamo.query(self._sessions, owner.partition(workspace), prefix=items.PAGES)
        return replace(state, pages=items.pages_of(pages))

    def _receipt(self, parcel: Parcel, start: int, done: int, now: datetime) -> Action:
        key = items.receipt_key(parcel)
        item: Item = {
            "pk": key.pk,
            "sk": key.sk,
            "schema": items.SCHEMA,
            "done": done,
            items.EXPIRES: items.expiry(now),
        }
        stands = Condition("#done = :start", {":start": start}, {"#done": "done"})
        return Put(self._metrics, item, stands if start else NEW)

    def _owners(self, workspace: str, folded: Folded, now: datetime) -> Iterator[Action]:
        for owner, state in folded.owners.items():
            item = items.state_item(workspace, owner, state, now)
            yield Put(self._sessions, item, _follows(state.version))
        for spill in folded.spills:
            key = items.page_key(workspace, spill.owner, spill.slot)
            expires: Item = {"schema": items.SCHEMA, items.EXPIRES: items.expiry(now)}
            if spill.fresh:
                yield Put(self._sessions, {"pk": key.pk, "sk": key.sk, "ids": spill.ids, **expires})
            else:
                yield Update(self._sessions, key, add={"ids": spill.ids}, put=expires)

    def _rollups(self, parcel: Parcel, folded: Folded, now: datetime) -> Iterator[Action]:
        shard = parcel.shard % self._shards
        for key, counters in folded.rollups.items():
            yield Update(
                self._metrics,
                items.rollup_key(parcel.workspace, shard, key),
                add=counters,
                put={
                    "schema": items.SCHEMA,
                    items.EXPIRES: items.rollup_expiry(key),
                    items.FOLDED_AT: items.folded_at_ms(now),
                },
            )


class RollupStore:
    """Rollups as readers see them: summed over shards."""

    def __init__(self, dynamo: Dynamo, table: str, shards: int) -> None:
        self._dynamo = dynamo
        self._table = table
        self._shards = shards

    def read(self, workspace: str, group: str, span: Span) -> Reading:
        """What was counted in a group over a span: one query per shard.

        Raises:
            StoreUnavailable: the table refuses or is silent.
        """
        found = [
            item
            for shard in range(self._shards)
            for item in self._dynamo.query(
                self._table,
                items.rollup_partition(workspace, span.resolution, shard, group),
                between=span.keys,
            )
        ]
        newest = items.newest_ms(found)
        return Reading(
            buckets=items.buckets_of(found),
            buckets_read=len(found),
            folded_at=None if newest is None else from_epoch_ms(newest),
        )


def _follows(version: int) -> Condition:
    """The condition under which an owner's state may become `version`."""
    if version == 1:
        return NEW
    return Condition("#version = :former", {":former": version - 1}, {"#version": "version"})
