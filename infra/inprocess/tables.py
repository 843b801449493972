"""DynamoDB in memory, as `cairn.platform.dynamo` speaks to it.

Conditions, `ADD`, transactions of at most 100 actions that happen whole or not at all, and two
transactions that meet on an item: the second one is cancelled. Tables need no making; every one
has the key `pk`, `sk`. Contract tests hold it to the same promises as moto.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any, Final, cast

from botocore.exceptions import ClientError

from cairn.platform.dynamo import TRANSACTION_LIMIT
from infra.inprocess.attributes import Attributes, Malformed, Scene
from infra.inprocess.expressions import holds, updated
from infra.inprocess.item_size import ITEM_BYTES, item_bytes
from infra.inprocess.wire import CalmWire, Wire, refusal

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

TRANSACTION_BYTES: Final = 4 * 1024 * 1024
PAGE_BYTES: Final = 1024 * 1024
"""Bytes of one page of a query, at most."""

type Address = tuple[str, str, str]
"""Table, partition key, sort key."""

type Request = Mapping[str, Any]  # Any: a call's parameters, as the AWS client takes them
type Billed = Callable[[str, int, int], None]
"""Is told of every item written: by which call, its bytes before, its bytes after."""


def _free(call: str, before: int, after: int) -> None:
    """Nobody pays."""


class MemoryTables:
    """The DynamoDB client of one account.

    Args:
        wire: what happens between the process and the tables.
        billed: is told of every item that is written.
        indexes: secondary indexes by name: the attributes of their partition and sort key.

    Attributes:
        refused: writes that did not happen, by the reason.
    """

    def __init__(
        self,
        wire: Wire | None = None,
        billed: Billed = _free,
        indexes: Mapping[str, tuple[str, str]] | None = None,
    ) -> None:
        self._wire = wire or CalmWire()
        self._billed = billed
        self._indexes = indexes or {}
        self.refused: Counter[str] = Counter()
        self._items: dict[tuple[str, str], dict[str, Attributes]] = {}
        self._held: set[Address] = set()
        self._lock = RLock()

    def client(self) -> "DynamoDBClient":
        """Itself, under the type that stores ask for."""
        return cast("DynamoDBClient", self)

    def get_item(self, **request: Any) -> Request:  # noqa: ANN401  # see `Request`
        """GetItem."""
        with self._call("GetItem"):
            found = self._find(_address(request["TableName"], request["Key"]))
            return {"Item": found} if found else {}

    def batch_get_item(self, **request: Any) -> Request:  # noqa: ANN401  # see `Request`
        """BatchGetItem."""
        with self._call("BatchGetItem"):
            responses = {
                table: [
                    found for key in asked["Keys"] if (found := self._find(_address(table, key)))
                ]
                for table, asked in request["RequestItems"].items()
            }
            return {"Responses": responses, "UnprocessedKeys": {}}

    def query(self, **request: Any) -> Request:  # noqa: ANN401  # see `Request`
        """Query of one partition, by pages."""
        with self._call("Query"):
            values = request["ExpressionAttributeValues"]
            names = request.get("ExpressionAttributeNames", {})
            condition = request["KeyConditionExpression"]
            keys, items = self._partition(request)
            found = [each for each in items if holds(condition, Scene(each, names, values))]
            if not request.get("ScanIndexForward", True):
                found.reverse()
            if start := request.get("ExclusiveStartKey"):
                at = [{name: each[name] for name in keys} for each in found].index(start)
                found = found[at + 1 :]
            return _page(found, keys, request.get("Limit"))

    def batch_write_item(self, **request: Any) -> Request:  # noqa: ANN401  # see `Request`
        """BatchWriteItem of whole items."""
        with self._call("BatchWriteItem"):
            for table, asked in request["RequestItems"].items():
                for each in asked:
                    item = each["PutRequest"]["Item"]
                    self._write("BatchWriteItem", _address(table, item), item)
            return {"UnprocessedItems": {}}

    def put_item(self, **request: Any) -> Request:  # noqa: ANN401  # see `Request`
        """PutItem."""
        return self._single("PutItem", {"Put": request})

    def update_item(self, **request: Any) -> Request:  # noqa: ANN401  # see `Request`
        """UpdateItem."""
        return self._single("UpdateItem", {"Update": request})

    def delete_item(self, **request: Any) -> Request:  # noqa: ANN401  # see `Request`
        """DeleteItem."""
        return self._single("DeleteItem", {"Delete": request})

    def transact_write_items(self, **request: Any) -> Request:  # noqa: ANN401  # see `Request`
        """TransactWriteItems: checked whole, then written whole."""
        call = "TransactWriteItems"
        actions: Sequence[Mapping[str, Request]] = request["TransactItems"]
        addresses = [_written(action) for action in actions]
        _check_shape(call, addresses)
        self._wire.sent(call)
        with self._held_for(addresses):
            self._wire.prepared(call)
            with self._lock:
                self._carry_out(call, actions, addresses)
        self._wire.answered(call)
        return {}

    def scan(self, table: str) -> Iterator[Attributes]:
        """Every item of a table; for proofs, not for stores."""
        for (name, _), partition in self._items.items():
            if name == table:
                yield from partition.values()

    @contextmanager
    def _call(self, call: str) -> Iterator[None]:
        self._wire.sent(call)
        with self._lock:
            yield
        self._wire.answered(call)

    @contextmanager
    def _held_for(self, addresses: Sequence[Address]) -> Iterator[None]:
        """Holds items for a transaction.

        Raises:
            ClientError: another transaction holds one of them.
        """
        with self._lock:
            met = [address in self._held for address in addresses]
            if any(met):
                raise self._cancelled(["TransactionConflict" if each else "None" for each in met])
            self._held.update(addresses)
        try:
            yield
        finally:
            self._held.difference_update(addresses)

    def _single(self, call: str, action: Mapping[str, Request]) -> Request:
        with self._call(call):
            address = _written(action)
            if address in self._held:
                self.refused["TransactionConflict"] += 1
                raise refusal(call, "TransactionConflictException")
            before = self._find(address)
            after = _outcome(call, action, before)
            if isinstance(after, str):
                self.refused[after] += 1
                raise refusal(call, f"{after}Exception")
            self._write(call, address, after)
            return {}

    def _carry_out(
        self, call: str, actions: Sequence[Mapping[str, Request]], addresses: Sequence[Address]
    ) -> None:
        outcomes = [
            _outcome(call, action, self._find(address))
            for action, address in zip(actions, addresses, strict=True)
        ]
        reasons = [each if isinstance(each, str) else "None" for each in outcomes]
        if any(each != "None" for each in reasons):
            raise self._cancelled(reasons)
        if sum(item_bytes(each) for each in outcomes if isinstance(each, Mapping)) > (
            TRANSACTION_BYTES
        ):
            raise refusal(call, "ValidationException", "The transaction has more than 4 MB.")
        for address, after in zip(addresses, outcomes, strict=True):
            if not isinstance(after, str):
                self._write(call, address, after)

    def _cancelled(self, reasons: Sequence[str]) -> ClientError:
        self.refused[next(each for each in reasons if each != "None")] += 1
        error = refusal("TransactWriteItems", "TransactionCanceledException")
        error.response["CancellationReasons"] = [{"Code": each} for each in reasons]
        return error

    def _partition(self, request: Request) -> tuple[tuple[str, ...], list[Attributes]]:
        """The items that a query looks at, by their sort key; and what their place is named by."""
        table = request["TableName"]
        if index := request.get("IndexName"):
            partition, sort = self._indexes[index]
            listed = [each for each in self.scan(table) if partition in each and sort in each]
            listed.sort(key=lambda each: [str(*each[name].values()) for name in (sort, "pk", "sk")])
            return ("pk", "sk", partition, sort), listed
        members = self._items.get((table, request["ExpressionAttributeValues"][":pk"]["S"]), {})
        return ("pk", "sk"), [members[key] for key in sorted(members)]

    def _find(self, address: Address) -> Attributes | None:
        table, pk, sk = address
        return self._items.get((table, pk), {}).get(sk)

    def _write(self, call: str, address: Address, after: Attributes | None) -> None:
        table, pk, sk = address
        before = self._find(address)
        self._billed(call, item_bytes(before or {}), item_bytes(after or {}))
        if after is None:
            self._items.get((table, pk), {}).pop(sk, None)
        else:
            self._items.setdefault((table, pk), {})[sk] = after


def _check_shape(call: str, addresses: Sequence[Address]) -> None:
    if not 0 < len(addresses) <= TRANSACTION_LIMIT:
        raise refusal(call, "ValidationException", "A transaction has 1 to 100 actions.")
    if len(set(addresses)) < len(addresses):
        raise refusal(call, "ValidationException", "A transaction touches an item once.")


def _outcome(
    call: str, action: Mapping[str, Request], before: Attributes | None
) -> Attributes | str | None:
    """The item after an action, None where it is gone, or the reason why it does not happen."""
    ((verb, request),) = action.items()
    scene = Scene(
        before or {},
        request.get("ExpressionAttributeNames", {}),
        request.get("ExpressionAttributeValues", {}),
    )
    try:
        if not holds(request.get("ConditionExpression", ""), scene):
            return "ConditionalCheckFailed"
        after = _after(verb, request, scene)
    except Malformed as error:
        raise refusal(call, "ValidationException", str(error)) from error
    if after is not None and item_bytes(after) > ITEM_BYTES:
        raise refusal(call, "ValidationException", "Item size has exceeded the maximum allowed.")
    return after


def _after(verb: str, request: Request, scene: Scene) -> Attributes | None:
    match verb:
        case "Put":
            item: Attributes = request["Item"]
            return item
        case "Update":
            expression = request.get("UpdateExpression", "")
            return {**request["Key"], **updated(expression, scene)}
        case "ConditionCheck":
            return scene.item or None
        case _:
            return None


def _written(action: Mapping[str, Request]) -> Address:
    ((_, request),) = action.items()
    return _address(request["TableName"], request.get("Key") or request["Item"])


def _address(table: str, key: Request) -> Address:
    return table, key["pk"]["S"], key["sk"]["S"]


def _page(found: Sequence[Attributes], keys: Sequence[str], limit: int | None) -> Request:
    size = 0
    for number, item in enumerate(found):
        if number == limit or size > PAGE_BYTES:
            last = {name: found[number - 1][name] for name in keys}
            return {"Items": found[:number], "LastEvaluatedKey": last}
        size += item_bytes(item)
    return {"Items": found}
