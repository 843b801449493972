"""Where explain's stores are named and joined to its rules."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from cairn.access.authenticate import KeyRing
from cairn.access.store import KeyStore
from cairn.decisions.record import Record, decision_address, is_decision_id, record_of
from cairn.explanations.model import Narrative
from cairn.explanations.store import NarrativeStore, Orders, narrative_of
from cairn.platform.aws import Patience, dynamodb, sqs
from cairn.platform.clock import Clock, system_clock
from cairn.platform.dynamo import Dynamo
from cairn.platform.observability.invocation import Telemetry
from cairn.platform.queue import Queue
from functions.explain.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handler needs."""

    dynamo: Dynamo
    decisions_table: str
    narratives: NarrativeStore
    orders: Callable[[], Orders]
    keys: KeyRing
    clock: Clock
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


def build(settings: Settings, *, clock: Clock = system_clock) -> Wiring:
    """Joins everything, from settings and a clock."""
    dynamo = Dynamo(dynamodb(Patience.REQUEST))
    return Wiring(
        dynamo=dynamo,
        decisions_table=settings.decisions_table,
        narratives=NarrativeStore(dynamo, settings.decisions_table),
        orders=cache(lambda: _orders(settings.explanations_queue_url)),
        keys=KeyRing(KeyStore(dynamo, settings.config_table), settings.environment),
        clock=clock,
        telemetry=Telemetry("explain", settings.environment, settings.log_level),
    )


def _orders(queue_url: str) -> Orders:
    """The queue, made when the first narrative is ordered: most invocations order none."""
    return Orders(Queue(sqs(Patience.REQUEST), queue_url))


@cache
def wiring() -> Wiring:
    """The process's wiring, built at the first request."""
    return build(Settings.load(os.environ))
