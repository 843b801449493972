"""Packs events into parcels: few, full, and each session's events in their order."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final

from cairn.events.model import PARCEL_BYTES, PARCEL_EVENTS, Event, Owner, Parcel
from cairn.events.size import bytes_of, most_bytes_of
from cairn.platform.ids import derived_id

PARTS_TOGETHER: Final = 4
"""Parts of a source that share a shard: a busy one has several, a small batch few parcels."""

ID_PERIOD: Final = timedelta(minutes=10)
"""Within such a period the same events get the same parcel id, so the queue drops a resend."""


def pack(workspace: str, events: Sequence[Event], *, shards: int, now: datetime) -> list[Parcel]:
    """The parcels that carry `events`, each owner's together and in the given order.

    Args:
        workspace: whose events they are.
        events: admitted events; each owns up to `EVENT_BYTES`.
        shards: how many message groups there are, at most 10,000.
        now: the present; only its period shows in the parcels' ids.
    """
    by_owner: dict[Owner, list[Event]] = {}
    for event in events:
        by_owner.setdefault(event.owner, []).append(event)
    by_shard: dict[int, list[Event]] = {}
    for owner, owned in by_owner.items():
        by_shard.setdefault(shard_of(workspace, owner, shards), []).extend(owned)
    period = period_of(now)
    return [
        _parcel(workspace, shard, load, period)
        for shard, members in sorted(by_shard.items())
        for load in _loads(members)
    ]


def shard_of(workspace: str, owner: Owner, shards: int) -> int:
    """The shard of an owner: a stable hash modulo the number of shards."""
    together = owner._replace(part=owner.part // PARTS_TOGETHER)
    digest = blake2b(together.partition(workspace).encode(), digest_size=8).digest()
    return int.from_bytes(digest) % shards


def group_of(shard: int) -> str:
    """The message group of a shard, such as `g-0003`."""
    return f"g-{shard:04d}"


def period_of(now: datetime) -> datetime:
    """The beginning of the `ID_PERIOD` that an instant lies in."""
    seconds = ID_PERIOD.total_seconds()
    return datetime.fromtimestamp(now.timestamp() // seconds * seconds, now.tzinfo)


def _parcel(workspace: str, shard: int, load: Sequence[Event], period: datetime) -> Parcel:
    group = group_of(shard)
    identities = [text for event in load for text in (*event.owner[:2], event.id)]
    identifier = derived_id("par", period, workspace, group, *identities)
    return Parcel.model_construct(
        id=identifier, workspace=workspace, group=group, events=tuple(load)
    )


def _loads(events: Sequence[Event]) -> list[Sequence[Event]]:
    """Splits events into loads that fit a parcel."""
    starts = range(0, len(events), PARCEL_EVENTS)
    full = [events[start : start + PARCEL_EVENTS] for start in starts]
    if all(sum(map(most_bytes_of, load)) <= PARCEL_BYTES for load in full):
        return full
    return _weighed(events)


def _weighed(events: Iterable[Event]) -> list[Sequence[Event]]:
    """The same for events of which not any 50 fit."""
    loads: list[list[Event]] = []
    room = 0
    for event in events:
        size = bytes_of(event)
        if not loads or len(loads[-1]) == PARCEL_EVENTS or size > room:
            loads.append([])
            room = PARCEL_BYTES
        loads[-1].append(event)
        room -= size
    return [*loads]
