"""Where flag-eval's stores are named and joined to its rules."""

import os
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial

from cairn.access.authenticate import KeyRing
from cairn.access.store import KeyStore
from cairn.configuration.snapshots import Snapshots
from cairn.configuration.store import ConfigurationStore
from cairn.flags.published import Rulesets
from cairn.platform.aws import Patience, dynamodb
from cairn.platform.clock import Clock, Ticker, system_clock
from cairn.platform.dynamo import Dynamo
from cairn.platform.observability.invocation import Telemetry
from cairn.platform.observability.observed import observed
from cairn.platform.observability.store_sink import Keep
from functions.flag_eval.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handler needs."""

    keys: KeyRing
    snapshots: Snapshots
    rulesets: Rulesets
    clock: Clock
    telemetry: Telemetry


def build(settings: Settings, tick: Ticker = time.monotonic, clock: Clock = system_clock) -> Wiring:
    """Joins everything, from settings, a source of monotonic seconds and a clock."""
    dynamo = Dynamo(dynamodb(Patience.REQUEST))
    return Wiring(
        keys=KeyRing(KeyStore(dynamo, settings.config_table), settings.environment, tick),
        snapshots=Snapshots(ConfigurationStore(dynamo, settings.config_table), tick),
        rulesets=Rulesets(settings.environment),
        clock=clock,
        telemetry=observed(
            "flag-eval", settings, partial(_traces, settings, dynamo), unasked=False
        ),
    )


def _traces(settings: Settings, dynamo: Dynamo) -> Keep:
    from cairn.traces.store import TraceStore  # noqa: PLC0415  # with the first trace

    kept = timedelta(days=settings.trace_days)
    return TraceStore(dynamo, settings.traces_table, kept).keep


@cache
def wiring() -> Wiring:
    """The process's wiring, built at the first request."""
    return build(Settings.load(os.environ))
