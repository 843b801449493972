"""Where explain's stores are named and joined to its rules."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from cairn.access.authenticate import KeyRing
from cairn.access.store import KeyStore
from cairn.decisions.record import Record, decision_address, is_decision_id, record_of
from cairn.explanations.model import Narrative
from cairn.explanations.store import NarrativeStore, Orders, narrative_of
from cairn.platform.aws import Patience, dynamodb, sqs
from cairn.platform.clock import Clock, Ticker, system_clock
from cairn.platform.dynamo import Dynamo
from cairn.platform.ids import IDS, Ids
from cairn.platform.observability.invocation import Telemetry
from cairn.platform.queue import Queue
from cairn.traces.wiring import observed
from functions.explain.settings import Settings

if TYPE_CHECKING:
    from cairn.events.reporting import Reporting


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handler needs."""

    dynamo: Dynamo
    decisions_table: str
    narratives: NarrativeStore
    orders: Callable[[], Orders]
    reporting: "Callable[[], Reporting]"
    keys: KeyRing
    ids: Ids
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


def build(
    settings: Settings,
    *,
    clock: Clock = system_clock,
    tick: Ticker = time.monotonic,
    ids: Ids = IDS,
) -> Wiring:
    """Joins everything, from settings, a clock, monotonic seconds and a source of ids."""
    dynamo = Dynamo(dynamodb(Patience.REQUEST))
    return Wiring(
        dynamo=dynamo,
        decisions_table=settings.decisions_table,
        narratives=NarrativeStore(dynamo, settings.decisions_table),
        orders=cache(lambda: _orders(settings.explanations_queue_url)),
        reporting=cache(lambda: _reporting(settings, dynamo)),
        keys=KeyRing(KeyStore(dynamo, settings.keys_table), settings.environment, tick),
        ids=ids,
        clock=clock,
        tick=tick,
        telemetry=observed("explain", settings, dynamo, clock),
    )


def _orders(queue_url: str) -> Orders:
    """The queue, made when the first narrative is ordered: most invocations order none."""
    return Orders(Queue(sqs(Patience.REQUEST), queue_url))


def _reporting(settings: Settings, dynamo: Dynamo) -> "Reporting":
    """The same for what such an order reports."""
    from cairn.events.reporting import Reporting  # noqa: PLC0415  # with the first order
    from cairn.events.store import Outbox, ParcelQueue  # noqa: PLC0415  # the same

    return Reporting(
        queue=ParcelQueue(Queue(sqs(Patience.REQUEST), settings.events_queue_url)),
        outbox=Outbox(dynamo, settings.decisions_table),
        shards=settings.shards,
    )


@cache
def wiring() -> Wiring:
    """The process's wiring, built at the first request."""
    return build(Settings.load(os.environ))
