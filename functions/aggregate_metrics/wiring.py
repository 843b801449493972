"""Where aggregate-metrics' stores are named and joined to its rules."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from cairn.configuration.model import Kind
from cairn.configuration.snapshots import Compiled, Snapshots
from cairn.configuration.store import ConfigurationStore
from cairn.events.model import Parcel
from cairn.events.store import Archive, DeadParcels
from cairn.metrics.admitted import Admission
from cairn.metrics.consume import Undertaker
from cairn.metrics.declared import (
    NOTHING_DECLARED,
    Declared,
    parse,
    parse_flow,
    parse_models,
    published_models,
)
from cairn.metrics.following import NOTHING_FOLLOWED
from cairn.metrics.ledger import Ingestion
from cairn.metrics.store import AdmittedStore, FoldStore
from cairn.platform.aws import Patience, dynamodb, s3, sqs
from cairn.platform.clock import Clock, Ticker, Wait, jittered, system_clock
from cairn.platform.dynamo import Dynamo
from cairn.platform.objects import Bucket
from cairn.platform.observability.invocation import Telemetry
from cairn.platform.queue import Queue
from cairn.traces.wiring import observed
from functions.aggregate_metrics.settings import Settings

if TYPE_CHECKING:
    from cairn.experiments.published import Followings

DOCUMENT = "default"


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handler needs."""

    ingestion: Ingestion
    undertaker: Undertaker
    telemetry: Telemetry


def build(
    settings: Settings,
    *,
    clock: Clock = system_clock,
    tick: Ticker = time.monotonic,
    wait: Wait = jittered,
) -> Wiring:
    """Joins everything, from settings, a clock, a source of monotonic seconds and a wait."""
    return join(
        settings,
        Dynamo(dynamodb(Patience.BACKGROUND)),
        Bucket(s3(Patience.BACKGROUND), settings.archive_bucket),
        Queue(
            sqs(Patience.BACKGROUND),
            settings.events_dead_queue_url,
        ),
        clock,
        tick=tick,
        wait=wait,
    )


def join(  # noqa: PLR0913  # what it joins
    settings: Settings,
    dynamo: Dynamo,
    bucket: Bucket,
    dead: Queue,
    clock: Clock,
    *,
    tick: Ticker = time.monotonic,
    wait: Wait = jittered,
) -> Wiring:
    """Joins everything to a table client, a bucket and a dead-letter queue."""
    return Wiring(
        ingestion=Ingestion(
            ledger=FoldStore(
                dynamo, settings.sessions_table, settings.metrics_table, settings.shards
            ),
            archive=Archive(bucket),
            declared=declared_in(
                ConfigurationStore(dynamo, settings.config_table),
                Admission(AdmittedStore(dynamo, settings.metrics_table)),
                tick,
            ),
            clock=clock,
            wait=wait,
        ),
        undertaker=DeadParcels(dead),
        telemetry=observed("aggregate-metrics", settings, dynamo, clock),
    )


def declared_in(
    configuration: ConfigurationStore, admission: Admission, tick: Ticker = time.monotonic
) -> Callable[[Parcel], Declared]:
    """Gives what a parcel's workspace counts apart, as it is published."""
    snapshots = Snapshots(configuration, tick)
    documents = Compiled(Kind.TELEMETRY, lambda document: parse(document.body))
    flows = Compiled(Kind.FLOW, lambda document: parse_flow(document.body))
    models = Compiled(Kind.MODELS, lambda document: parse_models(document.body))
    followings = cache(_followings)

    def of(parcel: Parcel) -> Declared:
        snapshot = snapshots.current(parcel.workspace)
        published = documents.of(snapshot).get(DOCUMENT, NOTHING_DECLARED)
        experiments = any(snapshot.of_kind(Kind.EXPERIMENT))
        following = followings().of(snapshot) if experiments else NOTHING_FOLLOWED
        told = replace(
            published,
            flows=flows.of(snapshot),
            models=published_models(models.of(snapshot).values()),
            following=following,
        )
        return admission.admitting(parcel, told)

    return of


def _followings() -> "Followings":
    from cairn.experiments.published import Followings  # noqa: PLC0415  # with the first experiment

    return Followings()


@cache
def wiring() -> Wiring:
    """The process's wiring, built at the first batch."""
    return build(Settings.load(os.environ))
