"""Where collect-traces' stores are named and joined to its rules."""

import os
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from cairn.access.authenticate import KeyRing
from cairn.access.store import KeyStore
from cairn.platform.aws import Patience, dynamodb
from cairn.platform.clock import Clock, Ticker, system_clock
from cairn.platform.dynamo import Dynamo
from cairn.platform.observability.invocation import Telemetry
from cairn.traces.store import TraceStore
from cairn.traces.wiring import observed
from functions.collect_traces.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handler needs.

    Attributes:
        contents: whether prompts and answers are kept, redacted.
    """

    keys: KeyRing
    traces: TraceStore
    contents: bool
    clock: Clock
    telemetry: Telemetry


def build(
    settings: Settings, *, clock: Clock = system_clock, tick: Ticker = time.monotonic
) -> Wiring:
    """Joins everything, from settings, a clock and a source of monotonic seconds."""
    dynamo = Dynamo(dynamodb(Patience.REQUEST))
    traces = TraceStore(dynamo, settings.traces_table, timedelta(days=settings.trace_days))
    return Wiring(
        keys=KeyRing(KeyStore(dynamo, settings.keys_table), settings.environment, tick),
        traces=traces,
        contents=settings.trace_payloads,
        clock=clock,
        telemetry=observed("collect-traces", settings, dynamo, clock),
    )


@cache
def wiring() -> Wiring:
    """The process's wiring, built at the first request."""
    return build(Settings.load(os.environ))
