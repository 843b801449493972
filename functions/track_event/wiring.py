"""Where track-event's stores are named and joined to its rules."""

import os
import time
from dataclasses import dataclass
from functools import cache

from cairn.access.authenticate import KeyRing
from cairn.access.store import KeyStore
from cairn.events.completions import Completions
from cairn.events.intake import Intake
from cairn.events.own import TRACK_EVENT
from cairn.events.store import ParcelQueue
from cairn.platform.aws import Patience, dynamodb, sqs
from cairn.platform.clock import Clock, Ticker, system_clock
from cairn.platform.dynamo import Dynamo
from cairn.platform.observability.invocation import Telemetry
from cairn.platform.queue import Queue
from cairn.traces.wiring import observed
from functions.track_event.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handler needs."""

    keys: KeyRing
    intake: Intake
    completions: Completions
    clock: Clock
    tick: Ticker
    telemetry: Telemetry


def build(
    settings: Settings, *, clock: Clock = system_clock, tick: Ticker = time.monotonic
) -> Wiring:
    """Joins everything, from settings, a clock and a source of monotonic seconds."""
    dynamo = Dynamo(dynamodb(Patience.REQUEST))
    queue = ParcelQueue(Queue(sqs(Patience.REQUEST), settings.events_queue_url))
    return Wiring(
        keys=KeyRing(KeyStore(dynamo, settings.keys_table), settings.environment, tick),
        intake=Intake(queue, settings.shards),
        completions=Completions(TRACK_EVENT, queue, settings.shards, clock, tick),
        clock=clock,
        tick=tick,
        telemetry=observed("track-event", settings, dynamo, clock),
    )


@cache
def wiring() -> Wiring:
    """The process's wiring, built at the first request."""
    return build(Settings.load(os.environ))
