"""Where track-event's stores are named and joined to its rules."""

import os
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial

from cairn.access.authenticate import KeyRing
from cairn.access.store import KeyStore
from cairn.events.intake import Intake
from cairn.events.store import ParcelQueue
from cairn.platform.aws import Patience, dynamodb, sqs
from cairn.platform.clock import Clock, Ticker, system_clock
from cairn.platform.dynamo import Dynamo
from cairn.platform.observability.invocation import Telemetry
from cairn.platform.observability.observed import observed
from cairn.platform.observability.store_sink import Keep
from cairn.platform.queue import Queue
from functions.track_event.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handler needs."""

    keys: KeyRing
    intake: Intake
    clock: Clock
    tick: Ticker
    telemetry: Telemetry


def build(
    settings: Settings, clock: Clock = system_clock, *, tick: Ticker = time.monotonic
) -> Wiring:
    """Joins everything, from settings and a clock."""
    dynamo = Dynamo(dynamodb(Patience.REQUEST))
    queue = Queue(sqs(Patience.REQUEST), settings.events_queue_url)
    return Wiring(
        keys=KeyRing(KeyStore(dynamo, settings.config_table), settings.environment),
        intake=Intake(ParcelQueue(queue), settings.shards),
        clock=clock,
        tick=tick,
        telemetry=observed("track-event", settings, partial(_traces, settings, dynamo), clock),
    )


def _traces(settings: Settings, dynamo: Dynamo) -> Keep:
    from cairn.traces.store import TraceStore  # noqa: PLC0415  # with the first trace

    kept = timedelta(days=settings.trace_days)
    return TraceStore(dynamo, settings.traces_table, kept).keep


@cache
def wiring() -> Wiring:
    """The process's wiring, built at the first request."""
    return build(Settings.load(os.environ))
