"""Where the console's stores are named and joined to its routes."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from cairn.access.authenticate import KeyRing
from cairn.access.store import KeyStore
from cairn.configuration.model import Document, Kind
from cairn.configuration.snapshots import Compiled, Snapshots
from cairn.configuration.store import ConfigurationStore
from cairn.metrics.model import TelemetryDocument
from cairn.metrics.query import Rollups
from cairn.metrics.store import RollupStore
from cairn.platform.aws import Patience, dynamodb, sqs
from cairn.platform.cache import Cache, NoCache
from cairn.platform.clock import Clock, system_clock
from cairn.platform.dynamo import Dynamo
from cairn.platform.observability.invocation import Telemetry
from cairn.platform.queue import Queue
from functions.console.probes import (
    Probe,
    cache_probe,
    dead_letter_probe,
    queue_probe,
    table_probe,
)
from functions.console.settings import Settings


class Dimensions:
    """The names of a workspace's declared dimensions, as they are published."""

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots
        self._declared = Compiled(Kind.TELEMETRY, _names)

    def of(self, workspace: str) -> list[str]:
        """The names, in the order of the document; none where nothing is declared."""
        documents = self._declared.of(self._snapshots.current(workspace))
        return [name for names in documents.values() for name in names]


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the routes need."""

    keys: KeyRing
    dimensions: Dimensions
    rollups: Rollups
    probes: Mapping[str, Probe]
    clock: Clock
    telemetry: Telemetry


def build(settings: Settings, clock: Clock = system_clock) -> Wiring:
    """Joins everything, from settings and a clock."""
    dynamo = Dynamo(dynamodb(Patience.REQUEST))
    snapshots = Snapshots(ConfigurationStore(dynamo, settings.config_table))
    return Wiring(
        keys=KeyRing(KeyStore(dynamo, settings.config_table), settings.environment),
        dimensions=Dimensions(snapshots),
        rollups=RollupStore(dynamo, settings.metrics_table, settings.shards),
        probes=_probes(settings, dynamo),
        clock=clock,
        telemetry=Telemetry("console", settings.environment, settings.log_level),
    )


def _probes(settings: Settings, dynamo: Dynamo) -> Mapping[str, Probe]:
    client = sqs(Patience.REQUEST)
    return {
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


def _names(document: Document) -> Sequence[str]:
    telemetry = TelemetryDocument.model_validate_json(document.body)
    return [each.name for each in telemetry.dimensions]


@cache
def wiring() -> Wiring:
    """The process's wiring, built at the first request."""
    return build(Settings.load(os.environ))
