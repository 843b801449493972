"""Where archive-traces' stores are named and joined to its rules."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from cairn.configuration.store import ConfigurationStore
from cairn.platform.aws import Patience, dynamodb, s3
from cairn.platform.clock import Clock, system_clock
from cairn.platform.dynamo import Dynamo
from cairn.platform.objects import Bucket
from cairn.platform.observability.invocation import Telemetry
from cairn.traces.archive import Archivist
from cairn.traces.archive_store import TraceArchive
from cairn.traces.store import TraceReader
from cairn.traces.turns import Turns
from cairn.traces.wiring import observed
from functions.archive_traces.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handler needs.

    Attributes:
        workspaces: every workspace that ever published something.
    """

    turns: Turns
    workspaces: Callable[[], Sequence[str]]
    clock: Clock
    telemetry: Telemetry


def build(settings: Settings, *, clock: Clock = system_clock) -> Wiring:
    """Joins everything, from settings and a clock."""
    dynamo = Dynamo(dynamodb(Patience.BACKGROUND))
    kept = timedelta(days=settings.trace_days)
    archive = TraceArchive(Bucket(s3(Patience.BACKGROUND), settings.archive_bucket))
    archivist = Archivist(TraceReader(dynamo, settings.traces_table), archive)
    return Wiring(
        turns=Turns(archivist, archive, kept),
        workspaces=ConfigurationStore(dynamo, settings.config_table).workspaces,
        clock=clock,
        telemetry=observed("archive-traces", settings, dynamo, clock),
    )


@cache
def wiring() -> Wiring:
    """The process's wiring, built at the first tick."""
    return build(Settings.load(os.environ))
