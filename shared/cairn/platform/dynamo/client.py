"""The tables of one environment: get, query, write, transact."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from cairn.platform.dynamo.actions import Action, Item, Key
from cairn.platform.dynamo.faults import translated
from cairn.platform.dynamo.wire import decode, encode, encode_action, encode_key, sort_clause
from cairn.platform.errors import StoreUnavailable

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef, KeysAndAttributesTypeDef

TRANSACTION_LIMIT: Final = 100
"""Actions in one TransactWriteItems."""

BATCH_GET_LIMIT: Final = 100
"""Keys in one BatchGetItem."""

BATCH_GET_ROUNDS: Final = 3
"""How often the unread rest of a BatchGetItem is asked for."""

type Address = tuple[str, Key]
"""A table's name and a key in it."""


class Dynamo:
    """Tables by name; every method raises `StoreUnavailable` when they refuse or are silent."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self._client = client

    def get(self, table: str, key: Key, *, consistent: bool = True) -> Item | None:
        """The item under `key`, or None."""
        answer = _called(
            lambda: self._client.get_item(
                TableName=table, Key=encode_key(key), ConsistentRead=consistent
            )
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
        clause, values = sort_clause(prefix, between)
        encoded = encode({":pk": pk, **values})
        items: list[Item] = []
        page: Mapping[str, object] = {}
        while True:
            if limit is not None:
                page = {**page, "Limit": limit - len(items)}
            answer = _called(
                partial(
                    self._client.query,
                    TableName=table,
                    KeyConditionExpression="pk = :pk" + clause,
                    ExpressionAttributeValues=encoded,
                    ScanIndexForward=not newest_first,
                    ConsistentRead=True,
                    **page,  # type: ignore[arg-type]  # optional paging arguments
                )
            )
            items.extend(map(decode, answer["Items"]))
            following = answer.get("LastEvaluatedKey")
            if not following or (limit is not None and len(items) >= limit):
                return items
            page = {"ExclusiveStartKey": following}

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
        _called(lambda: calls[verb](**request))  # type: ignore[arg-type]  # built for this verb

    def transact(self, actions: Iterable[Action]) -> None:
        """Carries out all actions or none; at most `TRANSACTION_LIMIT`, one per item.

        Raises:
            ConditionFailed: a condition does not hold, or another transaction met this one.
        """
        encoded = [encode_action(action) for action in actions]
        _called(lambda: self._client.transact_write_items(TransactItems=encoded))

    def _batch(self, wanted: Sequence[Address]) -> dict[Address, Item]:
        pending = _requests(wanted)
        found: dict[Address, Item] = {}
        for _ in range(BATCH_GET_ROUNDS):
            answer = _called(partial(self._client.batch_get_item, RequestItems=pending))
            for table, items in answer["Responses"].items():
                for item in map(decode, items):
                    found[table, Key(str(item["pk"]), str(item["sk"]))] = item
            pending = answer.get("UnprocessedKeys", {})  # type: ignore[assignment]  # same shape back
            if not pending:
                return found
        raise StoreUnavailable("The tables answered only a part of the read.")


def _requests(wanted: Sequence[Address]) -> "dict[str, KeysAndAttributesTypeDef]":
    keys: dict[str, list[dict[str, AttributeValueTypeDef]]] = {}
    for table, key in wanted:
        keys.setdefault(table, []).append(encode_key(key))
    return {table: {"Keys": each, "ConsistentRead": True} for table, each in keys.items()}


def _called[Answer](call: Callable[[], Answer]) -> Answer:
    try:
        return call()
    except (ClientError, BotoCoreError) as error:
        meant = translated(error)
        if meant is error:
            raise
        raise meant from error
