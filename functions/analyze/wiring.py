"""Where analyze's stores are named and joined to its rules."""

import os
import time
from dataclasses import dataclass
from functools import cache, partial

from cairn.access.authenticate import KeyRing
from cairn.access.store import KeyStore
from cairn.configuration.snapshots import Snapshots
from cairn.configuration.store import ConfigurationStore
from cairn.experiments.analysis_run import AnalysisRun, Case
from cairn.experiments.published_experiments import PublishedExperiments
from cairn.experiments.results import ExperimentResult
from cairn.experiments.rollback_execution import RollbackExecution, Telling
from cairn.experiments.scheduled_run import ScheduledRun
from cairn.experiments.store import ArmsStore, ExperimentRecordStore
from cairn.platform.aws import Patience, dynamodb, events, sqs
from cairn.platform.clock import Clock, Ticker, system_clock
from cairn.platform.dynamo import Dynamo
from cairn.platform.observability.invocation import Telemetry
from cairn.traces.wiring import observed
from functions.analyze.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handler needs."""

    judging: ScheduledRun
    keys: KeyRing
    clock: Clock
    telemetry: Telemetry


def build(
    settings: Settings, *, clock: Clock = system_clock, tick: Ticker = time.monotonic
) -> Wiring:
    """Joins everything, from settings, a clock and a source of monotonic seconds."""
    dynamo = Dynamo(dynamodb(Patience.BACKGROUND))
    configuration = ConfigurationStore(dynamo, settings.config_table)
    snapshots = Snapshots(configuration, tick)
    standings = ExperimentRecordStore(dynamo, settings.experiments_table)
    judging = ScheduledRun(
        workspaces=configuration.workspaces,
        published=PublishedExperiments(snapshots).of,
        looking=AnalysisRun(
            counts=ArmsStore(dynamo, settings.metrics_table, settings.shards),
            standings=standings,
            analyse=_analysed,
            histories=configuration,
        ),
        switching=RollbackExecution(
            publications=configuration,
            observe=snapshots.observe,
            standings=standings,
            telling=cache(partial(_telling, settings)),
        ),
    )
    return Wiring(
        judging=judging,
        keys=KeyRing(KeyStore(dynamo, settings.keys_table), settings.environment, tick),
        clock=clock,
        telemetry=observed("analyze", settings, dynamo, clock),
    )


def _analysed(case: Case) -> ExperimentResult:
    from functions.analyze.statistics import analysed  # noqa: PLC0415  # scipy, when it is needed

    return analysed(case)


def _telling(settings: Settings) -> Telling:
    """Who is told of rollbacks, made with the first one: most runs have none."""
    from cairn.events.store import ParcelQueue  # noqa: PLC0415  # with the first rollback
    from cairn.experiments.rollback_notice import RollbackNotice  # noqa: PLC0415  # the same
    from cairn.platform.bus import Bus  # noqa: PLC0415  # the same
    from cairn.platform.queue import Queue  # noqa: PLC0415  # the same

    return RollbackNotice(
        queue=ParcelQueue(Queue(sqs(Patience.BACKGROUND), settings.events_queue_url)),
        bus=Bus(events(Patience.BACKGROUND), settings.event_bus),
        shards=settings.shards,
    )


@cache
def wiring() -> Wiring:
    """The process's wiring, built at the first tick or request."""
    return build(Settings.load(os.environ))
