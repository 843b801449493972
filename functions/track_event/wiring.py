"""Where track-event's stores are named and joined to its rules."""

import os
from dataclasses import dataclass
from functools import cache

from cairn.access.authenticate import KeyRing
from cairn.access.store import KeyStore
from cairn.events.intake import Intake
from cairn.events.store import ParcelQueue
from cairn.platform.aws import Patience, dynamodb, sqs
from cairn.platform.clock import Clock, system_clock
from cairn.platform.dynamo import Dynamo
from cairn.platform.observability.invocation import Telemetry
from cairn.platform.queue import Queue
from functions.track_event.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handler needs."""

    keys: KeyRing
    intake: Intake
    clock: Clock
    telemetry: Telemetry


def build(settings: Settings, clock: Clock = system_clock) -> Wiring:
    """Joins everything, from settings and a clock."""
    dynamo = Dynamo(dynamodb(Patience.REQUEST))
    queue = Queue(sqs(Patience.REQUEST), settings.events_queue_url)
    return Wiring(
        keys=KeyRing(KeyStore(dynamo, settings.config_table), settings.environment),
        intake=Intake(ParcelQueue(queue), settings.shards),
        clock=clock,
        telemetry=Telemetry("track-event", settings.environment, settings.log_level),
    )


@cache
def wiring() -> Wiring:
    """The process's wiring, built at the first request."""
    return build(Settings.load(os.environ))
