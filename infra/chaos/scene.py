"""The world of a play: an account in memory, the weather, and what every role knows."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Final

from infra.chaos.faults import Fault, Rates, Weather
from infra.chaos.stage import Stage
from infra.inprocess.account import MemoryAccount
from infra.inprocess.buckets import MemoryBuckets
from infra.inprocess.queues import MemoryQueues
from infra.inprocess.tables import MemoryTables
from infra.replay.story import Event

GROUPS: Final = 8
SHARDS: Final = 4
"""Message groups and shards at first: fewer shards, so that groups meet on their items."""

GROWN: Final = 32
"""Both, after they grew."""

LASTS: Final = timedelta(hours=2)
"""How long sending takes on the simulated clock, whatever its amount."""

STORM: Final = (0.15, 0.35)
"""When tables refuse nearly every write, as shares of the sending; attempts are spent in it."""

CACHE_AWAY: Final = (0.4, 0.6)
"""When Valkey does not answer."""


@dataclass(slots=True)
class Scene:
    """What roles share.

    Attributes:
        begins: when sending begins.
        batches: the events that are still to be sent, in batches.
        pause_s: how long all senders together wait between two batches, on average.
        key: a secret key.
        posted: batches that were sent at least once.
        again: events that a client will send once more, in other company.
        sending: senders that are not done.
        over: whether everything is done.
        groups: message groups that producers know of.
        shards: shards that consumers know of; they grow later.
        told: what decisions answered: how many, by the counter of the flow's group.
    """

    stage: Stage
    rng: Random
    rates: Rates
    weather: Weather
    account: MemoryAccount
    begins: datetime
    batches: Iterator[Sequence[Event]]
    pause_s: float
    key: str = ""
    posted: int = 0
    again: deque[Event] = field(default_factory=deque)
    sending: int = 0
    over: bool = False
    groups: int = GROUPS
    shards: int = SHARDS
    told: dict[str, int] = field(default_factory=dict)

    def count(self, fault: Fault, times: int = 1) -> None:
        """Notes that a fault happened."""
        self.weather.happened[fault] += times

    def due(self, fault: Fault, share: float) -> bool:
        """Whether a fault is due to happen to the batch that was posted now; notes that it does."""
        happens = int(self.posted * share) > self.weather.happened[fault]
        self.count(fault, int(happens))
        return happens

    def at(self, share: float) -> datetime:
        """An instant of the sending: 0 its beginning, 1 about its end."""
        return self.begins + LASTS * share

    def wait_for(self, instant: datetime) -> None:
        """Sleeps until then."""
        self.stage.sleep(max(0.0, (instant - self.stage.clock()).total_seconds()))

    @property
    def cache_is_away(self) -> bool:
        """Whether Valkey does not answer at present."""
        begins, ends = map(self.at, CACHE_AWAY)
        return begins <= self.stage.clock() < ends

    @property
    def happened(self) -> Mapping[str, int]:
        """How often each fault happened; those that never did too."""
        tables, queues = self.account.tables.refused, self.account.queues
        found = {
            Fault.CONFLICT: tables["TransactionConflict"],
            Fault.STALE: tables["ConditionalCheckFailed"],
            Fault.DEDUPLICATED: queues.deduplicated[self.account.events],
            Fault.DIED: queues.buried[self.account.events],
        }
        return {fault: found.get(fault, self.weather.happened[fault]) for fault in Fault}


def scene(seed: int, rates: Rates, begins: datetime, batches: Sequence[Sequence[Event]]) -> Scene:
    """A fresh world; the same for the same seed."""
    rng = Random(seed)  # noqa: S311  # dice of a play, no secret
    stage = Stage(rng, begins)
    storm = (begins + LASTS * STORM[0], begins + LASTS * STORM[1])
    weather = Weather(stage, rng, rates, storm)
    account = MemoryAccount(
        tables=MemoryTables(weather),
        queues=MemoryQueues(stage.clock, weather, rng.shuffle),
        buckets=MemoryBuckets(weather),
        clock=stage.clock,
    )
    return Scene(
        stage=stage,
        rng=rng,
        rates=rates,
        weather=weather,
        account=account,
        begins=begins,
        batches=iter(batches),
        pause_s=LASTS.total_seconds() / max(1, len(batches)),
    )
