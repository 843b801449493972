"""Where sweep-outbox's stores are named and joined."""

import os
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial

from cairn.events.store import Outbox, ParcelQueue
from cairn.platform.aws import Patience, dynamodb, sqs
from cairn.platform.dynamo import Dynamo
from cairn.platform.observability.invocation import Telemetry
from cairn.platform.observability.observed import observed
from cairn.platform.observability.store_sink import Keep
from cairn.platform.queue import Queue
from functions.sweep_outbox.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handler needs."""

    outbox: Outbox
    queue: ParcelQueue
    telemetry: Telemetry


def build(settings: Settings) -> Wiring:
    """Joins everything, from settings."""
    dynamo = Dynamo(dynamodb(Patience.BACKGROUND))
    queue = Queue(sqs(Patience.BACKGROUND), settings.events_queue_url)
    return Wiring(
        outbox=Outbox(dynamo, settings.decisions_table),
        queue=ParcelQueue(queue),
        telemetry=observed("sweep-outbox", settings, partial(_traces, settings, dynamo)),
    )


def _traces(settings: Settings, dynamo: Dynamo) -> Keep:
    from cairn.traces.store import TraceStore  # noqa: PLC0415  # with the first trace

    kept = timedelta(days=settings.trace_days)
    return TraceStore(dynamo, settings.traces_table, kept).keep


@cache
def wiring() -> Wiring:
    """The process's wiring, built at the first tick."""
    return build(Settings.load(os.environ))
