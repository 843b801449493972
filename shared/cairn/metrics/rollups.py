"""Where rollups are read from: the metrics table, which the fold's own store writes.

Apart from that store, because who only reads starts without the fold.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

from cairn.metrics import items
from cairn.metrics.model import (
    FOLD_VERSION,
    NamedReading,
    Reading,
    Resolution,
    RollupKey,
)
from cairn.metrics.windows import Span
from cairn.platform.clock import from_epoch_ms
from cairn.platform.dynamo import Dynamo, Item
from cairn.platform.lanes import Lanes


class RollupStore:
    """Rollups as readers see them: summed over shards.

    With lanes, shards are read side by side; other lanes than those of whoever waits for it.
    """

    def __init__(
        self,
        dynamo: Dynamo,
        table: str,
        shards: int,
        version: int = FOLD_VERSION,
        lanes: Lanes | None = None,
    ) -> None:
        self._dynamo = dynamo
        self._table = table
        self._shards = shards
        self._version = version
        self._lanes = lanes

    def read(self, workspace: str, group: str, span: Span) -> Reading:
        """What was counted in a group over a span: one query per shard, one trip for one bucket.

        Raises:
            StoreUnavailable: the table refuses or is silent.
        """
        if len(span) == 1:
            found = self._at(workspace, RollupKey(span.resolution, group, span.keys[0]))
        else:
            found = self._found(workspace, group, span.resolution, span.keys)
        return Reading(items.buckets_of(found), len(found), _newest(found))

    def read_named(self, workspace: str, group: str, span: Span) -> NamedReading:
        """The same of a group that keeps an item per bucket and name.

        Raises:
            StoreUnavailable: the table refuses or is silent.
        """
        between = items.named_between(*span.keys)
        found = self._found(workspace, group, span.resolution, between)
        return NamedReading(items.named_buckets_of(found), len(found), _newest(found))

    def _found(
        self, workspace: str, group: str, resolution: Resolution, between: tuple[str, str]
    ) -> list[Item]:
        partitions = [
            items.rollup_partition(workspace, resolution, shard, group, self._version)
            for shard in range(self._shards)
        ]
        return [item for found in self._queried(partitions, between) for item in found]

    def _queried(
        self, partitions: Sequence[str], between: tuple[str, str]
    ) -> Iterable[Sequence[Item]]:
        def query(partition: str) -> list[Item]:
            return self._dynamo.query(self._table, partition, between=between)

        if self._lanes is None:
            return map(query, partitions)
        started = [self._lanes.start(partial(query, each)) for each in partitions]
        return [each.result() for each in started]

    def _at(self, workspace: str, key: RollupKey) -> list[Item]:
        shards = range(self._shards)
        keys = [items.rollup_key(workspace, each, key, self._version) for each in shards]
        found = self._dynamo.get_many([(self._table, each) for each in keys])
        return [item for item in found if item is not None]


def _newest(found: Sequence[Item]) -> datetime | None:
    newest = items.newest_ms(found)
    return None if newest is None else from_epoch_ms(newest)
