"""Visits as rollups: the fold itself, and what it adds to, without a table in between."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from cairn.events.model import Event, Parcel
from cairn.events.pack import group_of, shard_of
from cairn.metrics.declared import Declared
from cairn.metrics.fold import fold
from cairn.metrics.items import rollup_expiry
from cairn.metrics.model import RollupKey
from cairn.metrics.owners import NEVER_SEEN
from infra.inprocess.callers import WORKSPACE

ROOM = 10_000
"""Items that one run may write: there is no transaction that they would have to fit."""

VISITS_PER_PARCEL = 4


@dataclass(slots=True)
class Rollup:
    """One rollup item."""

    counters: dict[str, int] = field(default_factory=dict)
    registers: set[bytes] = field(default_factory=set)


type Rollups = dict[tuple[int, RollupKey], Rollup]
"""By shard and key."""


def folded(
    visits: Iterable[list[Event]], declared: Declared, shards: int, now: datetime
) -> tuple[int, Rollups]:
    """The events that were counted, and the rollups that have not expired by now."""
    rollups: Rollups = {}
    counted = 0
    loads: dict[int, list[list[Event]]] = {shard: [] for shard in range(shards)}
    for visit in visits:
        shard = shard_of(WORKSPACE, visit[0].owner, shards)
        loads[shard].append(visit)
        if len(loads[shard]) == VISITS_PER_PARCEL:
            counted += _add(rollups, shard, loads[shard], declared, now)
            loads[shard] = []
    for shard, load in loads.items():
        counted += _add(rollups, shard, load, declared, now)
    expired = [place for place in rollups if rollup_expiry(place[1]) <= now.timestamp()]
    for place in expired:
        del rollups[place]
    return counted, rollups


def _add(
    rollups: Rollups, shard: int, load: list[list[Event]], declared: Declared, now: datetime
) -> int:
    events = tuple(event for visit in load for event in visit)
    parcel = Parcel.model_construct(
        id="par_bench", workspace=WORKSPACE, group=group_of(shard), events=events
    )
    owners = dict.fromkeys(parcel.owners, NEVER_SEEN)
    counted = done = 0
    while done < len(events):
        run = fold(parcel, done, owners, declared, ROOM, now=now)
        owners |= run.owners
        done, counted = run.done, counted + run.counted
        for key, counters in run.rollups.items():
            total = rollups.setdefault((shard, key), Rollup()).counters
            for name, count in counters.items():
                total[name] = total.get(name, 0) + count
        for key, registers in run.registers.items():
            rollups.setdefault((shard, key), Rollup()).registers.update(registers)
    return counted
