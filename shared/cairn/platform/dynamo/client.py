"""The tables of one environment: get, query, write, transact."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from cairn.platform.dynamo.actions import Action, Index, Item, Key, Page
from cairn.platform.dynamo.faults import translated
from cairn.platform.dynamo.wire import decode, encode, encode_action, encode_key, sort_clause
from cairn.platform.errors import StoreUnavailable
from cairn.platform.observability.recording import span

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        KeysAndAttributesTypeDef,
        WriteRequestTypeDef,
    )

TRANSACTION_LIMIT: Final = 100
"""Actions in one TransactWriteItems."""

BATCH_GET_LIMIT: Final = 100
"""Keys in one BatchGetItem."""

BATCH_WRITE_LIMIT: Final = 25
"""Items in one BatchWriteItem."""

BATCH_ROUNDS: Final = 3
"""How often the rest of a batch that was not carried out is asked for."""

type Address = tuple[str, Key]
"""A table's name and a key in it."""


class Dynamo:
    """Tables by name; every method raises `StoreUnavailable` when they refuse or are silent."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self._client = client

    def get(self, table: str, key: Key, *, consistent: bool = True) -> Item | None:
        """The item under `key`, or None."""
        answer = _called(
            "GetItem",
            (table,),
            lambda: self._client.get_item(
                TableName=table, Key=encode_key(key), ConsistentRead=consistent
            ),
        )
        found = answer.get("Item")
        return decode(found) if found is not None else None

    def get_many(self, wanted: Sequence[Address]) -> list[Item | None]:
        """The items under `wanted`, in that order, None where there is none: a trip per 100."""
        found: dict[Address, Item] = {}
        distinct = list(dict.fromkeys(wanted))
        for start in range(0, len(distinct), BATCH_GET_LIMIT):
            found.update(self._batch(distinct[start : start + BATCH_GET_LIMIT]))
        return [found.get(address) for address in wanted]

    def query(  # noqa: PLR0913  # each narrows the same one read
        self,
        table: str,
        pk: str,
        *,
        prefix: str = "",
        between: tuple[str, str] | None = None,
        newest_first: bool = False,
        limit: int | None = None,
    ) -> list[Item]:
        """The items of a partition whose sort key has `prefix`, or lies in `between` (inclusive).

        Follows pages to the end, or to `limit` items.
        """
        items: list[Item] = []
        after: Item | None = None
        while True:
            page = self.page(
                table,
                pk,
                prefix=prefix,
                between=between,
                newest_first=newest_first,
                after=after,
                limit=None if limit is None else limit - len(items),
            )
            items += page.items
            after = page.following
            if after is None or (limit is not None and len(items) >= limit):
                return items

    def page(  # noqa: PLR0913  # each narrows the same one read
        self,
        table: str,
        pk: str,
        *,
        index: Index | None = None,
        prefix: str = "",
        between: tuple[str, str] | None = None,
        newest_first: bool = False,
        after: Item | None = None,
        limit: int | None = None,
    ) -> Page:
        """One page of what `query` gives, in one call: at most 1 MB, and at most `limit` items.

        The partition is one of `index`, where that is given; an index is a moment behind its
        table. The page begins after the former one's `following`.
        """
        place = index or Index("", "pk", "sk")
        clause, values = sort_clause(prefix, between, place.sort)
        answer = _called(
            "Query",
            (table,),
            partial(
                self._client.query,
                TableName=table,
                KeyConditionExpression=f"{place.partition} = :pk" + clause,
                ExpressionAttributeValues=encode({":pk": pk, **values}),
                ScanIndexForward=not newest_first,
                ConsistentRead=index is None,
                **_optional(index, after, limit),  # type: ignore[arg-type]  # by their names
            ),
        )
        following = answer.get("LastEvaluatedKey")
        return Page(
            items=tuple(map(decode, answer["Items"])),
            following=decode(following) if following else None,
        )

    def put_all(self, table: str, items: Sequence[Item]) -> None:
        """Writes whole items, over former ones: a trip per 25, each item by itself.

        Raises:
            StoreUnavailable: some were not taken; to write all again is safe.
        """
        for start in range(0, len(items), BATCH_WRITE_LIMIT):
            self._put_batch(table, items[start : start + BATCH_WRITE_LIMIT])

    def write(self, action: Action) -> None:
        """Carries out one action.

        Raises:
            ConditionFailed: its condition does not hold.
        """
        ((verb, request),) = encode_action(action).items()
        calls: dict[str, Callable[..., object]] = {
            "Put": self._client.put_item,
            "Update": self._client.update_item,
            "Delete": self._client.delete_item,
        }
        _called(f"{verb}Item", (action.table,), lambda: calls[verb](**request))  # type: ignore[arg-type]  # built for this verb

    def transact(self, actions: Iterable[Action]) -> None:
        """Carries out all actions or none; at most `TRANSACTION_LIMIT`, one per item.

        Raises:
            ConditionFailed: a condition does not hold, or another transaction met this one.
        """
        carried = list(actions)
        encoded = [encode_action(action) for action in carried]
        _called(
            "TransactWriteItems",
            (action.table for action in carried),
            lambda: self._client.transact_write_items(TransactItems=encoded),
        )

    def _batch(self, wanted: Sequence[Address]) -> dict[Address, Item]:
        pending = _requests(wanted)
        found: dict[Address, Item] = {}
        for _ in range(BATCH_ROUNDS):
            answer = _called(
                "BatchGetItem",
                pending,
                partial(self._client.batch_get_item, RequestItems=pending),
            )
            for table, items in answer["Responses"].items():
                for item in map(decode, items):
                    found[table, Key(str(item["pk"]), str(item["sk"]))] = item
            pending = answer.get("UnprocessedKeys", {})  # type: ignore[assignment]  # same shape back
            if not pending:
                return found
        raise StoreUnavailable("The tables answered only a part of the read.")

    def _put_batch(self, table: str, items: Sequence[Item]) -> None:
        requests: list[WriteRequestTypeDef] = [
            {"PutRequest": {"Item": encode(item)}} for item in items
        ]
        pending: Mapping[str, Sequence[WriteRequestTypeDef]] = {table: requests}
        for _ in range(BATCH_ROUNDS):
            answer = _called(
                "BatchWriteItem",
                pending,
                partial(self._client.batch_write_item, RequestItems=pending),
            )
            pending = answer.get("UnprocessedItems", {})  # type: ignore[assignment]  # same shape back
            if not pending:
                return
        raise StoreUnavailable("The table took only a part of the items.")


def _optional(index: Index | None, after: Item | None, limit: int | None) -> dict[str, object]:
    """The arguments of a query that must not be named where there is nothing to say."""
    named = {
        "IndexName": index.name if index else None,
        "ExclusiveStartKey": encode(after) if after else None,
        "Limit": limit,
    }
    return {name: value for name, value in named.items() if value is not None}


def _requests(wanted: Sequence[Address]) -> "dict[str, KeysAndAttributesTypeDef]":
    keys: dict[str, list[dict[str, AttributeValueTypeDef]]] = {}
    for table, key in wanted:
        keys.setdefault(table, []).append(encode_key(key))
    return {table: {"Keys": each, "ConsistentRead": True} for table, each in keys.items()}


def _called[Answer](operation: str, tables: Iterable[str], call: Callable[[], Answer]) -> Answer:
    with span(operation, "client") as calling:
        if calling.recording:
            calling.set("db.system.name", "aws.dynamodb")
            calling.set("db.operation.name", operation)
            calling.set("aws.dynamodb.table_names", tuple(dict.fromkeys(tables)))
        try:
            return call()
        except (ClientError, BotoCoreError) as error:
            meant = translated(error)
            if meant is error:
                raise
            raise meant from error
