"""The proof of the ledger: everything goes wrong, and every total is the truth."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import batched
from pathlib import Path
from typing import Final

from cairn.events.model import Owner
from cairn.events.store import archived
from infra.chaos.arms import arms
from infra.chaos.clients import BATCH, COMPANY, Client
from infra.chaos.expected import expected
from infra.chaos.faults import FOLD, ORDINARY, SEND, Rates
from infra.chaos.folders import Deliveries, Folder
from infra.chaos.found import Found, differences
from infra.chaos.operator import POISON, Operator, poison
from infra.chaos.scene import Scene, scene
from infra.chaos.stage import Role
from infra.chaos.stand_in import shoppers as made_up
from infra.chaos.visitor import DECISIONS, Visitor
from infra.chaos.visits import EXPERIMENT, FLOW, events, visit
from infra.inprocess.account import ARCHIVE
from infra.inprocess.published import FLOW as DECIDED
from infra.proof import Report, Target
from infra.replay.shoppers import Shopper, read
from infra.replay.story import Event
from infra.replay.truth import PAGE_VIEWS, SESSIONS, Counts

BEGINS: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
"""When sending begins on the simulated clock; all visits lie in the 24 hours before."""

MANY: Final = 1_000_000
SHOP: Final = Path(__file__).parent / "shop.yaml"
CLIENTS: Final = 2
FOLDERS: Final = 6
PACKAGES: Final = ("aggregate_metrics", "decide_next_step", "track_event")


@dataclass(frozen=True, slots=True)
class Play:
    """What is played.

    Attributes:
        shoppers: whose visits are sent.
        seed: decides everything that is left to chance.
        source: where the shoppers come from.
    """

    shoppers: Sequence[Shopper]
    seed: int
    source: str
    rates: Rates = ORDINARY

    def carry_out(self) -> Report:
        """Plays it, and compares.

        Raises:
            Unmeasurable: an event was rejected, or parcels were never done.
        """
        return self.compared(self.perform())

    def perform(self) -> Scene:
        """Plays it; gives the world as it is afterwards.

        Raises:
            Unmeasurable: an event was rejected, or parcels were never done.
        """
        batches = list(batched(self._sent, BATCH - COMPANY, strict=False))
        played = scene(self.seed, self.rates, BEGINS, batches)
        with played.account.functions(PACKAGES):
            _play(played)
        return played

    def compared(self, played: Scene) -> Report:
        """What was counted beside the truth, and every fault with how often it happened."""
        sent = self._sent
        faults = [
            Target(f"fault: {name}", times, "times", ">=", 1)
            for name, times in played.happened.items()
        ]
        targets = [*self._compared(played, sent), *faults]
        return Report("chaos ledger", targets, self._details(played, sent))

    @property
    def _sent(self) -> list[Event]:
        """Every event that is sent, once."""
        return list(events(f"chaos-{self.seed}", self.shoppers, BEGINS))

    def _compared(self, played: Scene, sent: Sequence[Event]) -> Iterator[Target]:
        truth, found = expected(self.shoppers, BEGINS), Found(played.account, played.shards, BEGINS)
        totals = found.totals()
        more = {SESSIONS: DECISIONS}
        for name, count in truth.totals.items():
            unit = {SESSIONS: "sessions", PAGE_VIEWS: "events"}.get(name, "purchases")
            yield Target(name, totals.get(name, 0), unit, "==", count + more.get(name, 0))
        flow = found.flow(FLOW)
        for name, count in sorted(truth.funnel.items()):
            yield Target(f"funnel: {name}", flow.get(name, 0), "count", "==", count)
        strays = {name for name in flow if name not in truth.funnel}
        yield Target("funnel: counters beyond the truth", len(strays), "counters", "==", 0)
        decided = found.flow(DECIDED)
        for name, count in sorted(played.told.items()):
            yield Target(f"decisions: {name}", decided.get(name, 0), "count", "==", count)
        for name, sketch in truth.sketches.items():
            wrong = differences(sketch, found.sketch(name))
            yield Target(f"sketch {name}: buckets that differ", wrong, "buckets", "==", 0)
        yield from _experiment(found.arms(EXPERIMENT), arms(sent))
        yield from _identities(found, sent)
        yield from _leftovers(played)

    def _details(self, played: Scene, sent: Sequence[Event]) -> Mapping[str, object]:
        buckets = played.account.buckets
        return {
            "source": self.source,
            "seed": self.seed,
            "sessions": len(self.shoppers),
            "events": len(sent),
            "decisions": DECISIONS,
            "parcels_archived": len({archived(key)[1] for key in buckets.keys(ARCHIVE)}),
            "simulated_s": round((played.stage.clock() - BEGINS).total_seconds()),
            "faults": dict(played.happened),
        }


def play(csv: Path | None, count: int | None, seed: int) -> Play:
    """A play of the file's visits, or of made-up ones where there is no file.

    Args:
        csv: the Online Shoppers file.
        count: about so many events; all of the file where it is None.
        seed: decides everything that is left to chance.

    Raises:
        Unmeasurable: there is no such file, or it is another one.
    """
    if csv is None:
        return Play(_as_many(made_up(seed), count or STAND_IN_EVENTS), seed, "made up")
    found = read(csv)
    return Play(found if count is None else _as_many(iter(found), count), seed, csv.name)


STAND_IN_EVENTS: Final = 20_000


def _as_many(shoppers: Iterator[Shopper], count: int) -> list[Shopper]:
    """Shoppers until their visits have `count` events."""
    taken: list[Shopper] = []
    total = 0
    for each in shoppers:
        if total >= count:
            break
        taken.append(replace(each, row=len(taken)))
        total += len(visit("", taken[-1], BEGINS))
    return taken


def _play(played: Scene) -> None:
    played.key = played.account.furnish([SHOP])
    played.sending = CLIENTS + 1
    deliveries = Deliveries(played)
    clients = {f"{SEND}-{number}": Client(played).play for number in range(CLIENTS)}
    folders = {f"{FOLD}-{number}": Folder(played, deliveries).play for number in range(FOLDERS)}
    others: dict[str, Role] = {"operate": Operator(played).play, "visit": Visitor(played).play}
    played.stage.play({**clients, **folders, **others})


def _experiment(found: Counts, truth: Counts) -> Iterator[Target]:
    """Exposed and crossed subjects, and every counter of the arms that says something else."""
    for name in sorted(truth):
        if name.endswith(("crossed", "exposed")):
            yield Target(f"arms: {name}", found.get(name, 0), "subjects", "==", truth[name])
    wrong = differences(truth, found)
    yield Target("arms: counters that differ", wrong, "counters", "==", 0)


def _identities(found: Found, sent: Sequence[Event]) -> Iterator[Target]:
    """Owner by owner: what was counted less, and what more often, than it was sent.

    What functions report themselves is known from the archive.
    """
    mine = {(Owner("session", str(each["session_id"])), str(each["id"])) for each in sent}
    archived = found.archived()
    truth = Counter(owner for owner, _ in mine | archived)
    counted = dict(found.counted(dict(mine | archived)))
    off = [counted[owner] - count for owner, count in truth.items()]
    yield Target("events missing in the archive", len(mine - archived), "events", "==", 0)
    yield Target("events lost", -sum(each for each in off if each < 0), "events", "==", 0)
    yield Target("events doubled", sum(each for each in off if each > 0), "events", "==", 0)


def _leftovers(played: Scene) -> Iterator[Target]:
    account = played.account
    left = account.queues.waiting(account.events)
    yield Target("parcels left in the queue", left, "parcels", "==", 0)
    dead = {each["Body"] for each in account.queues.receive(account.dead, MANY)}
    found = {poison(number) for number in range(POISON)} & dead
    yield Target("dead letters left that are no poison", len(dead - found), "messages", "==", 0)
    yield Target("poison among the dead letters", len(found), "messages", "==", POISON)
