"""Where explain's stores are named and joined to its rules."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial

from cairn.access.authenticate import KeyRing
from cairn.access.store import KeyStore
from cairn.decisions.record import Record, decision_address, is_decision_id, record_of
from cairn.events.model import Event
from cairn.events.pack import pack
from cairn.events.store import Outbox, ParcelQueue
from cairn.explanations.model import Narrative
from cairn.explanations.store import NarrativeStore, Orders, narrative_of
from cairn.platform.aws import Patience, dynamodb, sqs
from cairn.platform.clock import Clock, Ticker, system_clock
from cairn.platform.dynamo import Dynamo
from cairn.platform.errors import StoreUnavailable
from cairn.platform.observability.invocation import Telemetry
from cairn.platform.observability.observed import observed
from cairn.platform.observability.store_sink import Keep
from cairn.platform.queue import Queue
from functions.explain.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handler needs."""

    dynamo: Dynamo
    decisions_table: str
    narratives: NarrativeStore
    orders: Callable[[], Orders]
    events: Callable[[], ParcelQueue]
    outbox: Outbox
    shards: int
    keys: KeyRing
    clock: Clock
    tick: Ticker
    telemetry: Telemetry

    def read(self, workspace: str, decision_id: str) -> tuple[Record | None, Narrative | None]:
        """A decision and its narrative, in one trip.

        Raises:
            StoreUnavailable: the table does not answer.
        """
        if not is_decision_id(decision_id):
            return None, None
        now = self.clock()
        decision, narrative = self.dynamo.get_many(
            [
                decision_address(self.decisions_table, workspace, decision_id),
                self.narratives.address(workspace, decision_id),
            ]
        )
        return record_of(decision, now), narrative_of(narrative, now)

    def keep(self, workspace: str, decision_id: str, narrative: Narrative) -> None:
        """Keeps a narrative.

        Raises:
            StoreUnavailable: the table does not answer.
        """
        self.narratives.keep(workspace, decision_id, narrative)

    def report(self, workspace: str, event: Event) -> str:
        """Sends an own event on its way to being counted; tells what became of it."""
        parcels = pack(workspace, [event], shards=self.shards, now=event.at)
        refused = self.events().send(parcels)
        try:
            self.outbox.keep(refused)
        except StoreUnavailable:
            return "lost"
        return "outbox" if refused else "sent"


def build(
    settings: Settings, *, clock: Clock = system_clock, tick: Ticker = time.monotonic
) -> Wiring:
    """Joins everything, from settings and a clock."""
    dynamo = Dynamo(dynamodb(Patience.REQUEST))
    return Wiring(
        dynamo=dynamo,
        decisions_table=settings.decisions_table,
        narratives=NarrativeStore(dynamo, settings.decisions_table),
        orders=cache(lambda: _orders(settings.explanations_queue_url)),
        events=cache(lambda: _events(settings.events_queue_url)),
        outbox=Outbox(dynamo, settings.decisions_table),
        shards=settings.shards,
        keys=KeyRing(KeyStore(dynamo, settings.config_table), settings.environment),
        clock=clock,
        tick=tick,
        telemetry=observed("explain", settings, partial(_traces, settings, dynamo), clock),
    )


def _orders(queue_url: str) -> Orders:
    """The queue, made when the first narrative is ordered: most invocations order none."""
    return Orders(Queue(sqs(Patience.REQUEST), queue_url))


def _events(queue_url: str) -> ParcelQueue:
    """The same for what such an order reports."""
    return ParcelQueue(Queue(sqs(Patience.REQUEST), queue_url))


def _traces(settings: Settings, dynamo: Dynamo) -> Keep:
    from cairn.traces.store import TraceStore  # noqa: PLC0415  # with the first trace

    kept = timedelta(days=settings.trace_days)
    return TraceStore(dynamo, settings.traces_table, kept).keep


@cache
def wiring() -> Wiring:
    """The process's wiring, built at the first request."""
    return build(Settings.load(os.environ))
