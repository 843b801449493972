"""A ledger in memory, with the conditions of the real one."""

from collections import Counter
from datetime import datetime

from cairn.events.model import Owner, Parcel
from cairn.metrics.fold import Folded
from cairn.metrics.ledger import Opening
from cairn.metrics.model import Bucket, Reading, RollupKey
from cairn.metrics.owners import NEVER_SEEN, OwnerFold
from cairn.metrics.windows import Span, start_of
from cairn.platform.errors import Conflict


class MemoryLedger:
    """Receipts, owners and rollups in dictionaries."""

    def __init__(self) -> None:
        self._receipts: dict[tuple[str, str], int] = {}
        self._owners: dict[tuple[str, Owner], OwnerFold] = {}
        self._rollups: dict[tuple[str, int, RollupKey], Counter[str]] = {}
        self._folded_at: datetime | None = None

    def open(self, parcel: Parcel) -> Opening:
        """Where a parcel stands, and what is known of its owners."""
        done = self._receipts.get((parcel.workspace, parcel.id), 0)
        if done == len(parcel.events):
            return Opening(done, {})
        states = {
            owner: self._owners.get((parcel.workspace, owner), NEVER_SEEN)
            for owner in parcel.owners
        }
        return Opening(done, states)

    def commit(self, parcel: Parcel, start: int, folded: Folded, now: datetime) -> None:
        """Writes a run of events with the receipt, or raises `Conflict` and writes nothing."""
        workspace = parcel.workspace
        if self._receipts.get((workspace, parcel.id), 0) != start:
            raise Conflict("The receipt stands elsewhere.")
        for owner, state in folded.owners.items():
            if self._owners.get((workspace, owner), NEVER_SEEN).version != state.version - 1:
                raise Conflict("The owner has another version.")
        self._receipts[workspace, parcel.id] = folded.done
        for owner, state in folded.owners.items():
            self._owners[workspace, owner] = state
        for key, counters in folded.rollups.items():
            self._rollups.setdefault((workspace, parcel.shard, key), Counter()).update(counters)
        self._folded_at = now

    def read(self, workspace: str, group: str, span: Span) -> Reading:
        """What was counted in a group over a span."""
        first, last = span.keys
        sums: dict[str, Counter[str]] = {}
        read = 0
        for (whose, _, key), counters in self._rollups.items():
            if (whose, key.resolution, key.group) != (workspace, span.resolution, group):
                continue
            if first <= key.bucket <= last:
                read += 1
                sums.setdefault(key.bucket, Counter()).update(counters)
        buckets = tuple(Bucket(start_of(key), sums[key]) for key in sorted(sums))
        return Reading(buckets, read, self._folded_at if read else None)
