"""Where flag-eval's stores are named and joined to its rules."""

import os
import time
from dataclasses import dataclass
from functools import cache

from cairn.access.authenticate import KeyRing
from cairn.access.store import KeyStore
from cairn.configuration.snapshots import Snapshots
from cairn.configuration.store import ConfigurationStore
from cairn.flags.published import Rulesets
from cairn.platform.aws import Patience, dynamodb
from cairn.platform.clock import Clock, Ticker, system_clock
from cairn.platform.dynamo import Dynamo
from cairn.platform.observability.invocation import Telemetry
from cairn.traces.wiring import observed
from functions.flag_eval.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handler needs."""

    keys: KeyRing
    snapshots: Snapshots
    rulesets: Rulesets
    clock: Clock
    telemetry: Telemetry


def build(
    settings: Settings, *, clock: Clock = system_clock, tick: Ticker = time.monotonic
) -> Wiring:
    """Joins everything, from settings, a clock and a source of monotonic seconds."""
    dynamo = Dynamo(dynamodb(Patience.REQUEST))
    return Wiring(
        keys=KeyRing(KeyStore(dynamo, settings.keys_table), settings.environment, tick),
        snapshots=Snapshots(ConfigurationStore(dynamo, settings.config_table), tick),
        rulesets=Rulesets(settings.environment),
        clock=clock,
        telemetry=observed("flag-eval", settings, dynamo, clock, unasked=False),
    )


@cache
def wiring() -> Wiring:
    """The process's wiring, built at the first request."""
    return build(Settings.load(os.environ))
