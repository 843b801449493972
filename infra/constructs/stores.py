"""All stores together: how a role is let in, and how settings name them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import assert_never

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs

from infra.catalog import Function
from infra.constructs.archive import Archive
from infra.constructs.tables import INDEXES
from infra.grants import READ, Actions, actions_of
from infra.stores import Place, Queue, Store, Table


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

    def let_in(self, function: Function, role: iam.Role) -> None:
        """Lets `role` do with each store what the catalog says of `function`, and nothing else.

        Raises:
            CatalogError: the catalog asks for what can't be done with a store.
        """
        for store in sorted(function.stores):
            self._grant(store, actions_of(function, store), role)

    def _grant(self, store: Store, actions: Actions, role: iam.Role) -> None:
        match store:
            case Table():
                _allow(role, actions, self._table_arns(store, actions))
            case Queue():
                _allow(role, actions, [self.queues[store].queue_arn])
            case Place.WEBHOOK_SECRET | Place.MODEL_KEY:
                _allow(role, actions, [self.secrets[store].secret_arn])
            case Place.BUS:
                _allow(role, actions, [self.bus.event_bus_arn])
            case Place.PARCELS | Place.OLD_TRACES:
                self.archive.grant(store, actions, role)
            case Place.CACHE:
                self.connect(role)
            case _:
                assert_never(store)

    def _table_arns(self, table: Table, actions: Actions) -> Sequence[str]:
        arn = self.tables[table].table_arn
        indexes = INDEXES.get(table, ()) if actions & READ else ()
        return [arn, *(f"{arn}/index/{name}" for name in indexes)]

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


def _allow(role: iam.Role, actions: Actions, arns: Sequence[str]) -> None:
    iam.Grant.add_to_principal(grantee=role, actions=sorted(actions), resource_arns=list(arns))
