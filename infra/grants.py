"""What a function may do with each store that its line of the catalog names, as IAM says it.

A transaction is allowed by its parts: `PutItem`, `UpdateItem`, `DeleteItem`. `BatchWriteItem` is a
permission of its own, and one that also deletes; so tables are written by what their stores send.
"""

from collections.abc import Mapping
from typing import Final, assert_never

from infra.catalog import Function
from infra.stores import Place, Queue, Store, Table

type Actions = frozenset[str]

READ: Final[Actions] = frozenset({"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"})
PUT: Final[Actions] = frozenset({"dynamodb:PutItem"})
UPDATE: Final[Actions] = frozenset({"dynamodb:UpdateItem"})
BATCH: Final[Actions] = frozenset({"dynamodb:BatchWriteItem"})
DELETE: Final[Actions] = frozenset({"dynamodb:DeleteItem"})

WRITE: Final[Mapping[Table, Actions]] = {
    Table.CONFIG: PUT | BATCH,
    Table.SESSIONS: PUT | UPDATE,
    Table.DECISIONS: PUT,
    Table.METRICS: PUT | UPDATE,
    Table.ALERTS: PUT,
    Table.TRACES: BATCH,
    Table.EXPERIMENTS: PUT,
}
"""How each table is written; one that is missing is written by no function."""

PREFIXES: Final[Mapping[Place, str]] = {Place.PARCELS: "parcels", Place.OLD_TRACES: "traces"}
"""What the names of archived objects begin with.

Stacks don't know the stores that write tables and objects; the functions' own tests hold what those
do against what is granted.
"""


class CatalogError(Exception):
    """The catalog or a function's settings ask for what can't be given."""


def actions_of(function: Function, store: Store) -> Actions:
    """Everything that `function` may do with `store`.

    Raises:
        CatalogError: the catalog asks for what can't be done with it.
    """
    granted: Actions = frozenset()
    if store in function.reads:
        granted |= _read(store)
    if store in function.writes:
        granted |= _write(store)
    if store in function.deletes:
        granted |= DELETE
    return granted


def _read(store: Store) -> Actions:
    match store:
        case Table():
            return READ
        case Queue():
            return frozenset({"sqs:GetQueueAttributes"})
        case Place.WEBHOOK_SECRET | Place.MODEL_KEY:
            return frozenset({"secretsmanager:GetSecretValue"})
        case Place.OLD_TRACES:
            return frozenset({"s3:GetObject"})
        case Place.CACHE:
            return frozenset({"elasticache:Connect"})
        case Place.PARCELS | Place.BUS:
            raise CatalogError(f"no function reads the {store}")
        case _:
            assert_never(store)


def _write(store: Store) -> Actions:
    match store:
        case Table() if store in WRITE:
            return WRITE[store]
        case Queue():
            return frozenset({"sqs:SendMessage"})
        case Place.PARCELS | Place.OLD_TRACES:
            return frozenset({"s3:PutObject"})
        case Place.BUS:
            return frozenset({"events:PutEvents"})
        case Place.CACHE:
            return frozenset({"elasticache:Connect"})
        case Table() | Place.WEBHOOK_SECRET | Place.MODEL_KEY:
            raise CatalogError(f"no function writes the {store}")
        case _:
            assert_never(store)
