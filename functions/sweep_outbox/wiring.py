"""Where sweep-outbox's stores are named and joined."""

import os
from dataclasses import dataclass
from functools import cache

from cairn.events.store import Outbox, ParcelQueue
from cairn.platform.aws import Patience, dynamodb, sqs
from cairn.platform.clock import Clock, system_clock
from cairn.platform.dynamo import Dynamo
from cairn.platform.observability.invocation import Telemetry
from cairn.platform.queue import Queue
from cairn.traces.wiring import observed
from functions.sweep_outbox.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handler needs."""

    outbox: Outbox
    queue: ParcelQueue
    telemetry: Telemetry


def build(settings: Settings, *, clock: Clock = system_clock) -> Wiring:
    """Joins everything, from settings and a clock."""
    dynamo = Dynamo(dynamodb(Patience.BACKGROUND))
    queue = Queue(sqs(Patience.BACKGROUND), settings.events_queue_url)
    return Wiring(
        outbox=Outbox(dynamo, settings.decisions_table),
        queue=ParcelQueue(queue),
        telemetry=observed("sweep-outbox", settings, dynamo, clock),
    )


@cache
def wiring() -> Wiring:
    """The process's wiring, built at the first tick."""
    return build(Settings.load(os.environ))
