"""All stores together: how a role is let in, and how settings name them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import assert_never

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs

from infra.catalog import Place, Queue, Store, Table
from infra.constructs.archive import Archive
from infra.constructs.tables import INDEXES

READ_ITEMS = ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query")
WRITE_ITEMS = (
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:ConditionCheckItem",
)


class CatalogError(Exception):
    """The catalog or a function's settings ask for what can't be given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """What the state stack holds and the app stack uses.

    Attributes:
        connect: Lets a role sign in to the cache; nothing where no permission is needed.
    """

    tables: dict[Table, dynamodb.Table]
    queues: dict[Queue, sqs.Queue]
    secrets: dict[Place, secretsmanager.Secret]
    archive: Archive
    bus: events.EventBus
    cache_url: str
    connect: Callable[[iam.IRole], None]

    def grant_read(self, store: Store, role: iam.Role) -> None:
        """Lets `role` read `store`: items of a table by key, the length of a queue.

        Raises:
            CatalogError: it can't be read.
        """
        match store:
            case Table():
                self._grant_items(store, role, READ_ITEMS, indexes=INDEXES.get(store, ()))
            case Queue():
                self.queues[store].grant(role, "sqs:GetQueueAttributes")
            case Place.CACHE:
                self.connect(role)
            case Place.WEBHOOK_SECRET | Place.MODEL_KEY:
                self.secrets[store].grant_read(role)
            case Place.ARCHIVE:
                self.archive.grant_get(role)
            case Place.BUS:
                raise CatalogError(f"no function reads the {store}")
            case _:
                assert_never(store)

    def grant_write(self, store: Store, role: iam.Role) -> None:
        """Lets `role` write to `store`.

        Raises:
            CatalogError: it can't be written.
        """
        match store:
            case Table():
                self._grant_items(store, role, WRITE_ITEMS)
            case Queue():
                self.queues[store].grant(role, "sqs:SendMessage")
            case Place.ARCHIVE:
                self.archive.grant_put(role)
            case Place.BUS:
                self.bus.grant_put_events_to(role)
            case Place.CACHE:
                self.connect(role)
            case Place.WEBHOOK_SECRET | Place.MODEL_KEY:
                raise CatalogError(f"no function writes the {store}")
            case _:
                assert_never(store)

    def _grant_items(
        self, table: Table, role: iam.Role, actions: Sequence[str], indexes: Sequence[str] = ()
    ) -> None:
        """Lets `role` do `actions` on a table and the named indexes, where CDK would allow all."""
        arn = self.tables[table].table_arn
        iam.Grant.add_to_principal(
            grantee=role,
            actions=list(actions),
            resource_arns=[arn, *(f"{arn}/index/{name}" for name in indexes)],
        )

    def settings(self) -> dict[str, str]:
        """The value of every settings field that names a store."""
        return {
            **{f"{_field(name)}_table": made.table_name for name, made in self.tables.items()},
            **{f"{_field(name)}_queue_url": made.queue_url for name, made in self.queues.items()},
            **{f"{_field(name)}_arn": made.secret_arn for name, made in self.secrets.items()},
            "archive_bucket": self.archive.bucket.bucket_name,
            "event_bus": self.bus.event_bus_name,
            "cache_url": self.cache_url,
        }


def _field(name: str) -> str:
    return name.replace("-", "_")
