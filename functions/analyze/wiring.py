"""Where analyze's stores are named and joined to its rules."""

import os
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial

from cairn.access.authenticate import KeyRing
from cairn.access.store import KeyStore
from cairn.configuration.snapshots import Snapshots
from cairn.configuration.store import ConfigurationStore
from cairn.experiments.judging import Judging
from cairn.experiments.looking import Case, Looking
from cairn.experiments.planned import PlannedExperiments
from cairn.experiments.results import ExperimentResult
from cairn.experiments.store import ArmsStore, StandingStore
from cairn.experiments.switching import Switching, Telling
from cairn.platform.aws import Patience, dynamodb, events, sqs
from cairn.platform.clock import Clock, Ticker, system_clock
from cairn.platform.dynamo import Dynamo
from cairn.platform.observability.invocation import Telemetry
from cairn.platform.observability.observed import observed
from cairn.platform.observability.store_sink import Keep
from functions.analyze.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handler needs."""

    judging: Judging
    keys: KeyRing
    clock: Clock
    telemetry: Telemetry


def build(settings: Settings, clock: Clock = system_clock, tick: Ticker = time.monotonic) -> Wiring:
    """Joins everything, from settings and a clock."""
    dynamo = Dynamo(dynamodb(Patience.BACKGROUND))
    configuration = ConfigurationStore(dynamo, settings.config_table)
    snapshots = Snapshots(configuration, tick)
    standings = StandingStore(dynamo, settings.experiments_table)
    judging = Judging(
        workspaces=configuration.workspaces,
        published=PlannedExperiments(snapshots).of,
        looking=Looking(
            counts=ArmsStore(dynamo, settings.metrics_table, settings.shards),
            standings=standings,
            analyse=_analysed,
        ),
        switching=Switching(
            publications=configuration,
            observe=snapshots.observe,
            standings=standings,
            telling=cache(partial(_telling, settings)),
        ),
    )
    return Wiring(
        judging=judging,
        keys=KeyRing(KeyStore(dynamo, settings.config_table), settings.environment),
        clock=clock,
        telemetry=observed("analyze", settings, partial(_traces, settings, dynamo), clock),
    )


def _analysed(case: Case) -> ExperimentResult:
    from functions.analyze.statistics import analysed  # noqa: PLC0415  # scipy, when it is needed

    return analysed(case)


def _telling(settings: Settings) -> Telling:
    """Who is told of rollbacks, made with the first one: most runs have none."""
    from cairn.events.store import ParcelQueue  # noqa: PLC0415  # with the first rollback
    from cairn.experiments.told import Told  # noqa: PLC0415  # the same
    from cairn.platform.bus import Bus  # noqa: PLC0415  # the same
    from cairn.platform.queue import Queue  # noqa: PLC0415  # the same

    return Told(
        queue=ParcelQueue(Queue(sqs(Patience.BACKGROUND), settings.events_queue_url)),
        bus=Bus(events(Patience.BACKGROUND), settings.event_bus),
        shards=settings.shards,
    )


def _traces(settings: Settings, dynamo: Dynamo) -> Keep:
    from cairn.traces.store import TraceStore  # noqa: PLC0415  # with the first trace

    kept = timedelta(days=settings.trace_days)
    return TraceStore(dynamo, settings.traces_table, kept).keep


@cache
def wiring() -> Wiring:
    """The process's wiring, built at the first tick or request."""
    return build(Settings.load(os.environ))
