"""Where aggregate-metrics' stores are named and joined to its rules."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from cairn.configuration.model import Kind
from cairn.configuration.snapshots import Compiled, Snapshots
from cairn.configuration.store import ConfigurationStore
from cairn.events.store import Archive, DeadParcels
from cairn.metrics.consume import Undertaker
from cairn.metrics.declared import NOTHING_DECLARED, Declared, parse
from cairn.metrics.ledger import Ingestion
from cairn.metrics.store import FoldStore
from cairn.platform.aws import Patience, dynamodb, s3, sqs
from cairn.platform.clock import Clock, system_clock
from cairn.platform.dynamo import Dynamo
from cairn.platform.objects import Bucket
from cairn.platform.observability.invocation import Telemetry
from cairn.platform.queue import Queue
from functions.aggregate_metrics.settings import Settings

DOCUMENT = "default"


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handler needs."""

    ingestion: Ingestion
    undertaker: Undertaker
    telemetry: Telemetry


def build(settings: Settings, clock: Clock = system_clock) -> Wiring:
    """Joins everything, from settings and a clock."""
    return join(
        settings,
        Dynamo(dynamodb(Patience.BACKGROUND)),
        Bucket(s3(Patience.BACKGROUND), settings.archive_bucket),
        Queue(
            sqs(Patience.BACKGROUND),
            settings.events_dead_queue_url,
        ),
        clock,
    )


def join(settings: Settings, dynamo: Dynamo, bucket: Bucket, dead: Queue, clock: Clock) -> Wiring:
    """Joins everything to a table client, a bucket and a dead-letter queue."""
    return Wiring(
        ingestion=Ingestion(
            ledger=FoldStore(
                dynamo, settings.sessions_table, settings.metrics_table, settings.shards
            ),
            archive=Archive(bucket),
            declared=_declared(ConfigurationStore(dynamo, settings.config_table)),
            clock=clock,
        ),
        undertaker=DeadParcels(dead),
        telemetry=Telemetry("aggregate-metrics", settings.environment, settings.log_level),
    )


def _declared(configuration: ConfigurationStore) -> Callable[[str], Declared]:
    snapshots = Snapshots(configuration)
    documents = Compiled(Kind.TELEMETRY, lambda document: parse(document.body))

    def of(workspace: str) -> Declared:
        published = documents.of(snapshots.current(workspace))
        return published.get(DOCUMENT, NOTHING_DECLARED)

    return of


@cache
def wiring() -> Wiring:
    """The process's wiring, built at the first batch."""
    return build(Settings.load(os.environ))
