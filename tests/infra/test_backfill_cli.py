"""`cairn backfill`, as somebody types it; AWS is moto."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from typer.testing import CliRunner, Result

from cairn.configuration.model import Actor, Kind, Publication, address, digest_of
from cairn.configuration.publish import next_release
from cairn.configuration.store import ConfigurationStore
from cairn.events.model import Event
from cairn.events.pack import pack
from cairn.events.store import Archive
from cairn.experiments.store import ArmsStore
from cairn.metrics.admitted import Admission
from cairn.metrics.ledger import Ingestion
from cairn.metrics.series import GLUE
from cairn.metrics.store import AdmittedStore, FoldStore
from cairn.platform.dynamo import Dynamo
from cairn.platform.objects import Bucket
from functions.aggregate_metrics.wiring import declared_in
from infra.cli.main import application
from infra.config import DEV
from infra.stores import ARCHIVE_BUCKET, Table
from tests.arms import CONTROL, DOCUMENT, EXPERIMENT, FLAG, METRICS, bought, served
from tests.functions.cloud import ACCOUNT_VARIABLES, cloud

WORKSPACE = "demo"
CONFIG, SESSIONS, METRICS_TABLE = map(DEV.named, (Table.CONFIG, Table.SESSIONS, Table.METRICS))


@dataclass(frozen=True, slots=True)
class Account:
    """Tables and the archive of an environment in AWS, and the present."""

    dynamo: Dynamo
    ingestion: Ingestion
    now: datetime

    def happen(self, event: Event, ago: timedelta) -> None:
        """An event comes, so long ago."""
        told = event.model_copy(update={"at": self.now - ago})
        for parcel in pack(WORKSPACE, [told], shards=DEV.shards, now=told.at):
            self.ingestion.take(parcel, parcel.to_json())

    def publish(self) -> None:
        started = DOCUMENT.model_copy(update={"started": self.now - timedelta(hours=1)})
        bodies = {
            address(Kind(each.kind), each.id): each.model_dump_json()
            for each in (*METRICS, FLAG, started)
        }
        store = ConfigurationStore(self.dynamo, CONFIG)
        release, changes = next_release(store.release(WORKSPACE), bodies, self.now)
        publication = Publication(
            release=release.version,
            at=self.now,
            by=Actor(via="apply", id="tests"),
            did="apply",
            changes=tuple(changes),
        )
        store.publish(release, {digest_of(each): each for each in bodies.values()}, publication)

    @property
    def arms(self) -> Mapping[str, int]:
        return ArmsStore(self.dynamo, METRICS_TABLE, DEV.shards).counters(WORKSPACE, EXPERIMENT)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """One who bought something, then the experiment was published, and they were exposed."""
    for name, value in ACCOUNT_VARIABLES.items():
        monkeypatch.setenv(name, value)
    with cloud():
        client = boto3.client("dynamodb")
        for table in (CONFIG, SESSIONS, METRICS_TABLE):
            client.create_table(
                TableName=table,
                KeySchema=[
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                AttributeDefinitions=[
                    {"AttributeName": "pk", "AttributeType": "S"},
                    {"AttributeName": "sk", "AttributeType": "S"},
                ],
                BillingMode="PAY_PER_REQUEST",
            )
        bucket = DEV.named(ARCHIVE_BUCKET) + "-1"
        place = {"LocationConstraint": "eu-central-1"}
        boto3.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=place)  # type: ignore[arg-type]  # one of the regions
        dynamo, now = Dynamo(client), datetime.now(UTC)
        times = iter([now - timedelta(hours=3), now])
        ingestion = Ingestion(
            ledger=FoldStore(dynamo, SESSIONS, METRICS_TABLE, DEV.shards),
            archive=Archive(Bucket(boto3.client("s3"), bucket)),
            declared=declared_in(
                ConfigurationStore(dynamo, CONFIG),
                Admission(AdmittedStore(dynamo, METRICS_TABLE)),
                iter(range(1_000)).__next__,
            ),
            clock=lambda: next(times, now),
        )
        made = Account(dynamo, ingestion, now)
        made.happen(bought("a", 20), timedelta(hours=3))
        made.publish()
        made.happen(served("b"), timedelta(minutes=30))
        yield made


def backfill(*arguments: str) -> Result:
    aws = ("--environment", "dev", "--workspace", WORKSPACE)
    return CliRunner().invoke(application(["rebuild", "backfill"]), ["backfill", *arguments, *aws])


def told(result: Result) -> Mapping[str, object]:
    assert result.exit_code == 0, result.output
    found: Mapping[str, object] = json.loads(result.stdout)["details"]
    return found


def test_it_adds_what_came_before_the_publication_once(account: Account) -> None:
    name = GLUE.join((CONTROL, "revenue", "pre"))
    assert name not in account.arms
    rehearsed = told(backfill(EXPERIMENT, "--dry-run", "--json"))
    assert name not in account.arms
    done = told(backfill(EXPERIMENT, "--json"))
    assert (done["parcels"], done["events"], done["participants_changed"]) == (2, 1, 1)
    assert done["arms_changed"] == rehearsed["arms_changed"]
    assert account.arms[name] == 20_000_000
    arms = account.arms
    assert told(backfill(EXPERIMENT, "--json"))["arms_changed"] == {}
    assert account.arms == arms


@pytest.mark.usefixtures("account")
def test_people_see_what_was_added() -> None:
    shown = backfill(EXPERIMENT).stdout
    assert "what was added" in shown
    assert "counters changed in the arms of headline" in shown


@pytest.mark.usefixtures("account")
def test_an_unknown_experiment_is_one_sentence() -> None:
    result = backfill("other")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.strip() == "There is no experiment other in demo."
