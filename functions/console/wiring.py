"""Where the console's stores are named and joined to its routes."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial

from cairn.access.authenticate import KeyRing
from cairn.access.store import KeyStore
from cairn.configuration.snapshots import Snapshots
from cairn.configuration.store import ConfigurationStore
from cairn.experiments.published_experiments import PublishedExperiments
from cairn.experiments.store import ExperimentRecordStore
from cairn.metrics.query import Rollups
from cairn.metrics.rollup_cache import RollupCache
from cairn.metrics.rollups import RollupStore
from cairn.platform.aws import Patience, dynamodb, s3, sqs
from cairn.platform.backoff import Backoff
from cairn.platform.cache import Cache, NoCache
from cairn.platform.clock import Clock, Deadline, Ticker, system_clock
from cairn.platform.dynamo import Dynamo
from cairn.platform.lanes import Lanes
from cairn.platform.objects import Bucket
from cairn.platform.observability.invocation import Telemetry
from cairn.platform.queue import Queue
from cairn.platform.shared_state import SharedState
from cairn.traces.archive_store import TraceArchive
from cairn.traces.store import TraceReader
from cairn.traces.wiring import observed
from functions.console.breakers import BreakerLook
from functions.console.probes import (
    Lookout,
    Probe,
    cache_probe,
    dead_letter_probe,
    queue_probe,
    table_probe,
)
from functions.console.published import Published
from functions.console.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the routes need.

    Attributes:
        rollups: with what the process remembers.
        stored_rollups: as the table says now.
        backoff: how changes that meet are spread, given a request's deadline.
    """

    keys: KeyRing
    published: Published
    configuration: ConfigurationStore
    snapshots: Snapshots
    rollups: Rollups
    planned: PublishedExperiments
    standings: ExperimentRecordStore
    traces: TraceReader
    old_traces: Callable[[], TraceArchive]
    stored_rollups: Rollups
    lanes: Lanes
    lookout: Lookout
    breakers: BreakerLook
    clock: Clock
    telemetry: Telemetry
    backoff: Callable[[Deadline], Backoff] = Backoff


def build(
    settings: Settings, *, clock: Clock = system_clock, tick: Ticker = time.monotonic
) -> Wiring:
    """Joins everything, from settings, a clock and a source of monotonic seconds."""
    dynamo = Dynamo(dynamodb(Patience.REQUEST))
    configuration = ConfigurationStore(dynamo, settings.config_table)
    snapshots, lanes = Snapshots(configuration, tick), Lanes()
    rollups = RollupStore(dynamo, settings.metrics_table, settings.shards, lanes=Lanes())
    return Wiring(
        keys=KeyRing(KeyStore(dynamo, settings.keys_table), settings.environment, tick),
        published=Published(snapshots),
        configuration=configuration,
        snapshots=snapshots,
        rollups=RollupCache(rollups, clock),
        planned=PublishedExperiments(snapshots),
        standings=ExperimentRecordStore(dynamo, settings.experiments_table),
        traces=TraceReader(dynamo, settings.traces_table),
        old_traces=cache(partial(_archive, settings)),
        stored_rollups=rollups,
        lanes=lanes,
        lookout=Lookout(_probes(settings, dynamo), lanes, tick),
        breakers=BreakerLook(_state(settings.cache_url)),
        clock=clock,
        telemetry=observed("console", settings, dynamo, clock),
    )


def _probes(settings: Settings, dynamo: Dynamo) -> Mapping[str, Probe]:
    client = sqs(Patience.REQUEST)
    return {
        "keys_table": table_probe(dynamo, settings.keys_table),
        "config_table": table_probe(dynamo, settings.config_table),
        "metrics_table": table_probe(dynamo, settings.metrics_table),
        "cache": cache_probe(_cache(settings.cache_url)),
        "events_queue": queue_probe(Queue(client, settings.events_queue_url)),
        "dead_events": dead_letter_probe(Queue(client, settings.events_dead_queue_url)),
    }


def _cache(url: str) -> Cache:
    if not url:
        return NoCache()
    from cairn.platform.valkey import ValkeyCache  # noqa: PLC0415  # only where there is a cache

    return ValkeyCache(url)


def _state(url: str) -> SharedState | None:
    if not url:
        return None
    from cairn.platform.valkey_state import ValkeyState  # noqa: PLC0415  # only where there is one

    return ValkeyState(url)


def _archive(settings: Settings) -> TraceArchive:
    return TraceArchive(Bucket(s3(Patience.REQUEST), settings.archive_bucket))


@cache
def wiring() -> Wiring:
    """The process's wiring, built at the first request."""
    return build(Settings.load(os.environ))
