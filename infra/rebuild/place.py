"""The rebuild of a workspace in an environment."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cairn.configuration.model import Kind
from cairn.configuration.snapshots import Snapshots
from cairn.configuration.store import ConfigurationStore
from cairn.metrics.admitted import Admission
from cairn.metrics.documents import TelemetryDocument
from cairn.metrics.rollups import RollupStore
from cairn.metrics.store import AdmittedStore, FoldStore
from cairn.platform.clock import Clock
from cairn.platform.dynamo import Dynamo
from functions.aggregate_metrics.wiring import declared_in
from infra.clients import client
from infra.config import ENVIRONMENTS, Environment, Name
from infra.local.failure import LocalError
from infra.rebuild.archive import ArchiveReader
from infra.rebuild.refold import Refold
from infra.rebuild.run import Rebuild
from infra.stores import ARCHIVE_BUCKET, Table

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Stores:
    """Where an environment keeps things.

    Attributes:
        bucket: the archive's name.
        shards: shards of every rollup.
    """

    environment: Environment
    dynamo: Dynamo
    s3: "S3Client"
    bucket: str
    shards: int


def stores_of(name: Name, endpoint: str | None = None) -> Stores:
    """The stores of an environment.

    Raises:
        LocalError: the local stack doesn't run, AWS cannot be asked from here, or there is no
            archive.
    """
    environment = ENVIRONMENTS[name]
    s3 = client("s3", name, endpoint)
    buckets = [each["Name"] for each in s3.list_buckets()["Buckets"]]
    archives = [each for each in buckets if each.startswith(environment.named(ARCHIVE_BUCKET))]
    if not archives:
        raise LocalError(f"There is no archive of {name} here.")
    dynamo = Dynamo(client("dynamodb", name, endpoint))
    return Stores(environment, dynamo, s3, archives[0], environment.shards)


def rebuild_of(stores: Stores, workspace: str, version: int, clock: Clock) -> Rebuild:
    """The rebuild of a workspace into a fold version."""
    sessions, metrics = map(stores.environment.named, (Table.SESSIONS, Table.METRICS))
    configuration = ConfigurationStore(stores.dynamo, stores.environment.named(Table.CONFIG))
    admission = Admission(AdmittedStore(stores.dynamo, metrics))
    folded = FoldStore(stores.dynamo, sessions, metrics, stores.shards)
    return Rebuild(
        workspace=workspace,
        archive=ArchiveReader(stores.s3, stores.bucket, folded.arrived_at),
        refold=Refold(
            ledger=FoldStore(stores.dynamo, sessions, metrics, stores.shards, version),
            declared=declared_in(configuration, admission),
            clock=clock,
        ),
        present=RollupStore(stores.dynamo, metrics, stores.shards),
        rebuilt=RollupStore(stores.dynamo, metrics, stores.shards, version),
        dimensions=_dimensions(configuration, workspace),
    )


def _dimensions(configuration: ConfigurationStore, workspace: str) -> frozenset[str]:
    snapshot = Snapshots(configuration).current(workspace)
    documents = [each for each in snapshot.documents.values() if each.kind is Kind.TELEMETRY]
    bodies = [TelemetryDocument.model_validate(json.loads(each.body)) for each in documents]
    return frozenset(dimension.name for body in bodies for dimension in body.dimensions)
