"""How receipts, states of owners and participants, pages, rollups and arms look as stored items."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from cairn.behavior.model import FOLD_STATE, RecentEvent
from cairn.behavior.summary import Seen
from cairn.events.model import Owner
from cairn.metrics.following import Identity, Saved
from cairn.metrics.funnel import FlowFold
from cairn.metrics.model import (
    FOLD_VERSION,
    Bucket,
    Counters,
    NamedBucket,
    Registers,
    RollupKey,
    Sight,
)
from cairn.metrics.owners import NEVER_SEEN, OwnerFold
from cairn.metrics.windows import start_of
from cairn.platform.clock import epoch_ms
from cairn.platform.dynamo import Item, Key

SCHEMA: Final = 1
RECEIPT: Final = "receipt"
PAGES: Final = "fold#seen"
SEEN: Final = "seen#"
PARTICIPANT: Final = "fold#participant"
ARMS: Final = "arms"
ADMITTED: Final = "values"
EXPIRES: Final = "expires_at"
FOLDED_AT: Final = "folded_at_ms"
ARRIVED_AT: Final = "arrived_at"
REGISTERS: Final = "hll"
NAMED: Final = "#"
"""Stands between a bucket and a name in a sort key."""

KEPT: Final = timedelta(days=35)
"""Receipts and owners' states outlive every queue's retention by this."""

PARTICIPANTS_KEPT: Final = timedelta(days=220)
"""A participant outlives the longest experiment and the longest window, from its last write on."""

EXPERIMENTS_SCHEMA: Final = 2
"""Of participants and arms."""

_NOT_COUNTERS: Final = frozenset({"pk", "sk", "schema", EXPIRES, FOLDED_AT, REGISTERS})


def expiry(now: datetime) -> int:
    """When an item that is written now expires, in seconds after the epoch."""
    return int((now + KEPT).timestamp())


def receipt_key(workspace: str, parcel: str, version: int = FOLD_VERSION) -> Key:
    """Where a parcel's receipt is, by its id; each fold version counts for itself."""
    return Key(f"{workspace}#parcel#{parcel}", f"{RECEIPT}#{version}")


def state_key(workspace: str, owner: Owner, version: int = FOLD_VERSION) -> Key:
    """Where an owner's state is."""
    return Key(owner.partition(workspace), _beside(FOLD_STATE, version))


def pages_prefix(version: int = FOLD_VERSION) -> str:
    """How the sort keys of pages begin."""
    return _beside(PAGES, version) + "#"


def page_key(workspace: str, owner: Owner, slot: int, version: int = FOLD_VERSION) -> Key:
    """Where a page of an owner's ids is."""
    return Key(owner.partition(workspace), f"{pages_prefix(version)}{slot:04d}")


def sight_key(workspace: str, sight: Sight, version: int = FOLD_VERSION) -> Key:
    """Where it is kept that a subject was seen on a day."""
    day = _beside(sight.day, version)
    return Key(f"{workspace}#subject#{sight.subject}", f"{SEEN}{day}")


def participant_key(workspace: str, identity: Identity, version: int = FOLD_VERSION) -> Key:
    """Where a participant is: beside the other items of its subject or session."""
    return Key(f"{workspace}#{identity.kind}#{identity.id}", _beside(PARTICIPANT, version))


def arms_key(workspace: str, experiment: str, shard: int, version: int = FOLD_VERSION) -> Key:
    """Where a shard of an experiment's arms is; it never expires."""
    return Key(f"{workspace}#arms#{version}#{shard}#{experiment}", ARMS)


def admitted_key(workspace: str, name: str) -> Key:
    """Where the values are kept that a dimension or vocabulary has admitted."""
    return Key(f"{workspace}#admitted#{name}", ADMITTED)


def rollup_partition(
    workspace: str, resolution: str, shard: int, group: str, version: int = FOLD_VERSION
) -> str:
    """The partition of a group's rollups in a shard; its sort keys are buckets, or with names."""
    return f"{workspace}#rollup#{version}#{resolution}#{shard}#{group}"


def rollup_key(workspace: str, shard: int, key: RollupKey, version: int = FOLD_VERSION) -> Key:
    """Where a rollup is."""
    pk = rollup_partition(workspace, key.resolution, shard, key.group, version)
    return Key(pk, f"{key.bucket}{NAMED}{key.name}" if key.name else key.bucket)


def named_between(first: str, last: str) -> tuple[str, str]:
    """The least and the greatest sort key under which names of these buckets can be."""
    return first, last + chr(ord(NAMED) + 1)


def rollup_expiry(key: RollupKey) -> int:
    """When a rollup expires, in seconds after the epoch: it depends on its bucket alone."""
    return int((start_of(key.bucket) + key.resolution.kept).timestamp())


def receipt_item(key: Key, done: int, arrived_at: datetime | None, now: datetime) -> Item:
    """A parcel's receipt as an item."""
    return {
        "pk": key.pk,
        "sk": key.sk,
        "schema": SCHEMA,
        "done": done,
        EXPIRES: expiry(now),
        **({} if arrived_at is None else {ARRIVED_AT: arrived_at.isoformat()}),
    }


def state_item(
    workspace: str, owner: Owner, state: OwnerFold, now: datetime, version: int = FOLD_VERSION
) -> Item:
    """An owner's state as an item."""
    key = state_key(workspace, owner, version)
    body = {
        "events": state.events,
        "first_at_ms": state.first_at_ms,
        "last_at_ms": state.last_at_ms,
        "dimensions": state.dimensions,
        "conversions": state.conversions,
        "flows": state.flows,
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


def participant_item(key: Key, saved: Saved, now: datetime) -> Item:
    """A participant as an item."""
    return {
        "pk": key.pk,
        "sk": key.sk,
        "schema": EXPERIMENTS_SCHEMA,
        "version": saved.version,
        EXPIRES: int((now + PARTICIPANTS_KEPT).timestamp()),
        "body": saved.body,
    }


def saved_of(item: Item) -> Saved:
    """A participant from its item."""
    return Saved(int(str(item["version"])), str(item["body"]))


def state_of(item: Item | None) -> OwnerFold:
    """An owner's state from its item; without its pages."""
    if item is None:
        return NEVER_SEEN
    body = json.loads(str(item["body"]))
    recent = tuple(RecentEvent(*each) for each in body.pop("recent"))
    seen = {kind: Seen(*each) for kind, each in body.pop("seen", {}).items()}
    flows = {name: FlowFold(*each) for name, each in body.pop("flows", {}).items()}
    return OwnerFold(
        version=_int(item["version"]),
        ids=_set(item.get("ids")),
        recent=recent,
        seen=seen,
        flows=flows,
        **body,
    )


def admitted_of(item: Item | None) -> frozenset[str]:
    """The values that a dimension or vocabulary has admitted."""
    return frozenset() if item is None else frozenset(map(bytes.decode, _set(item.get(ADMITTED))))


def pages_of(items: Iterable[Item]) -> tuple[frozenset[bytes], ...]:
    """The ids of each page."""
    return tuple(_set(item["ids"]) for item in items)


def buckets_of(items: Sequence[Item]) -> tuple[Bucket, ...]:
    """Rollup items of all shards as buckets by time."""
    summed: dict[str, dict[str, int]] = {}
    registers: dict[str, Registers] = {}
    for item in items:
        key = str(item["sk"])
        _add(summed.setdefault(key, {}), item)
        if REGISTERS in item:
            registers[key] = registers.get(key, frozenset()) | _set(item[REGISTERS])
    return tuple(
        Bucket(start_of(key), summed[key], registers.get(key, frozenset()))
        for key in sorted(summed)
    )


def named_buckets_of(items: Sequence[Item]) -> tuple[NamedBucket, ...]:
    """Rollup items of all shards, with names, as buckets by time."""
    summed: dict[str, dict[str, dict[str, int]]] = {}
    for item in items:
        key, _, name = str(item["sk"]).partition(NAMED)
        _add(summed.setdefault(key, {}).setdefault(name, {}), item)
    return tuple(NamedBucket(start_of(key), summed[key]) for key in sorted(summed))


def counters_of(items: Iterable[Item]) -> Counters:
    """The shards of an experiment's arms, added up."""
    total: dict[str, int] = {}
    for item in items:
        _add(total, item)
    return {name: count for name, count in total.items() if count}


def newest_ms(items: Iterable[Item]) -> int | None:
    """When the newest rollup item was written, in milliseconds after the epoch."""
    return max((_int(item[FOLDED_AT]) for item in items), default=None)


def folded_at_ms(now: datetime) -> int:
    """What a rollup item that is written now says of its age."""
    return epoch_ms(now)


def done_of(item: Item | None) -> int:
    """How many events of a parcel are folded, by its receipt."""
    return 0 if item is None else _int(item["done"])


def arrived_at_of(item: Item | None) -> datetime | None:
    """When a parcel came, by its receipt."""
    told = None if item is None else item.get(ARRIVED_AT)
    return None if told is None else datetime.fromisoformat(str(told))


def _beside(name: str, version: int) -> str:
    """A name in the partition of an owner or subject.

    A version that is rebuilt has its own. What sessions remember is looked for under the plain
    name, and goes on from version to version.
    """
    return name if version == FOLD_VERSION else f"{name}@{version}"


def _add(total: dict[str, int], item: Item) -> None:
    for name, value in item.items():
        if name not in _NOT_COUNTERS:
            total[name] = total.get(name, 0) + (value if type(value) is int else _int(value))


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"An item holds {type(value).__name__} where a whole number belongs.")
    return value


def _set(value: object) -> frozenset[bytes]:
    return value if isinstance(value, frozenset) else frozenset()
