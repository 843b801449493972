"""How receipts, owners' states, pages and rollups look as stored items."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from cairn.behavior.model import FOLD_STATE, RecentEvent
from cairn.behavior.summary import Seen
from cairn.events.model import Owner, Parcel
from cairn.metrics.model import FOLD_VERSION, Bucket, RollupKey
from cairn.metrics.owners import NEVER_SEEN, OwnerFold
from cairn.metrics.windows import start_of
from cairn.platform.clock import epoch_ms
from cairn.platform.dynamo import Item, Key

SCHEMA: Final = 1
RECEIPT: Final = "receipt"
PAGES: Final = "fold#seen#"
EXPIRES: Final = "expires_at"
FOLDED_AT: Final = "folded_at_ms"

KEPT: Final = timedelta(days=35)
"""Receipts and owners' states outlive every queue's retention by this."""

_NOT_COUNTERS: Final = frozenset({"pk", "sk", "schema", EXPIRES, FOLDED_AT})


def expiry(now: datetime) -> int:
    """When an item that is written now expires, in seconds after the epoch."""
    return int((now + KEPT).timestamp())


def receipt_key(parcel: Parcel) -> Key:
    """Where a parcel's receipt is."""
    return Key(f"{parcel.workspace}#parcel#{parcel.id}", RECEIPT)


def state_key(workspace: str, owner: Owner) -> Key:
    """Where an owner's state is."""
    return Key(owner.partition(workspace), FOLD_STATE)


def page_key(workspace: str, owner: Owner, slot: int) -> Key:
    """Where a page of an owner's ids is."""
    return Key(owner.partition(workspace), f"{PAGES}{slot:04d}")


def rollup_partition(workspace: str, resolution: str, shard: int, group: str) -> str:
    """The partition of a group's rollups in a shard; its sort keys are the buckets' keys."""
    return f"{workspace}#rollup#{FOLD_VERSION}#{resolution}#{shard}#{group}"


def rollup_key(workspace: str, shard: int, key: RollupKey) -> Key:
    """Where a rollup is."""
    pk = rollup_partition(workspace, key.resolution, shard, key.group)
    return Key(pk, key.bucket)


def rollup_expiry(key: RollupKey) -> int:
    """When a rollup expires, in seconds after the epoch: it depends on its bucket alone."""
    return int((start_of(key.bucket) + key.resolution.kept).timestamp())


def state_item(workspace: str, owner: Owner, state: OwnerFold, now: datetime) -> Item:
    """An owner's state as an item."""
    key = state_key(workspace, owner)
    body = {
        "events": state.events,
        "first_at_ms": state.first_at_ms,
        "last_at_ms": state.last_at_ms,
        "dimensions": state.dimensions,
        "conversions": state.conversions,
        "seen": state.seen,
        "recent": state.recent,
        "page": state.page,
        "page_ids": state.page_ids,
    }
    return {
        "pk": key.pk,
        "sk": key.sk,
        "schema": SCHEMA,
        "version": state.version,
        EXPIRES: expiry(now),
        "body": json.dumps(body, separators=(",", ":")),
        **({"ids": state.ids} if state.ids else {}),
    }


def state_of(item: Item | None) -> OwnerFold:
    """An owner's state from its item; without its pages."""
    if item is None:
        return NEVER_SEEN
    body = json.loads(str(item["body"]))
    recent = tuple(RecentEvent(*each) for each in body.pop("recent"))
    seen = {kind: Seen(*each) for kind, each in body.pop("seen", {}).items()}
    return OwnerFold(
        version=_int(item["version"]), ids=_ids(item.get("ids")), recent=recent, seen=seen, **body
    )


def pages_of(items: Iterable[Item]) -> tuple[frozenset[bytes], ...]:
    """The ids of each page."""
    return tuple(_ids(item["ids"]) for item in items)


def buckets_of(items: Sequence[Item]) -> tuple[Bucket, ...]:
    """Rollup items of all shards as buckets by time."""
    summed: dict[str, dict[str, int]] = {}
    for item in items:
        counters = summed.setdefault(str(item["sk"]), {})
        for name, value in item.items():
            if name not in _NOT_COUNTERS:
                counters[name] = counters.get(name, 0) + _int(value)
    return tuple(Bucket(start_of(key), summed[key]) for key in sorted(summed))


def newest_ms(items: Iterable[Item]) -> int | None:
    """When the newest rollup item was written, in milliseconds after the epoch."""
    return max((_int(item[FOLDED_AT]) for item in items), default=None)


def folded_at_ms(now: datetime) -> int:
    """What a rollup item that is written now says of its age."""
    return epoch_ms(now)


def done_of(item: Item | None) -> int:
    """How many events of a parcel are folded, by its receipt."""
    return 0 if item is None else _int(item["done"])


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"An item holds {type(value).__name__} where a whole number belongs.")
    return value


def _ids(value: object) -> frozenset[bytes]:
    return value if isinstance(value, frozenset) else frozenset()
