"""Tables that answer the real client of AWS before its request would be sent.

Rollups stand ready as the JSON that DynamoDB would answer, so that what is measured is our own
work and the client's, and hardly anything of a table. All other tables are in memory.
"""

import base64
import json
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

from cairn.metrics import items
from cairn.platform.aws import HOOKS, Patience, dynamodb
from infra.bench.metrics.folding import Rollup, Rollups
from infra.inprocess.callers import WORKSPACE
from infra.inprocess.tables import MemoryTables

SEND: Final = "before-send.dynamodb"

_WORD: Final = re.compile(r"(?<!^)(?=[A-Z])")

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

type Request = Mapping[str, Any]  # Any: JSON of DynamoDB


class Series(NamedTuple):
    """What is read of one name, in one shard."""

    shard: str
    group: str
    name: str


class ServedTables(MemoryTables):
    """Serves everything to the real client of AWS, and counts what is read of rollups.

    Attributes:
        calls: trips to the tables since they were last forgotten.
        read: rollup items since then, by series and shard.
    """

    def __init__(self, table: str) -> None:
        super().__init__()
        self._table = table
        self._partitions: dict[str, dict[str, bytes]] = {}
        self._keys: dict[str, list[str]] = {}
        self.calls = 0
        self.read: Counter[Series] = Counter()

    def client(self) -> "DynamoDBClient":
        """The real one; it must be used while these tables are `serving`."""
        return dynamodb(Patience.REQUEST)

    def fill(self, rollups: Rollups, now: datetime) -> None:
        """Puts rollups on their shelves, written now."""
        for (shard, key), rollup in rollups.items():
            place = items.rollup_key(WORKSPACE, shard, key)
            body = _json({"pk": place.pk, "sk": place.sk}, rollup, items.folded_at_ms(now))
            self._partitions.setdefault(place.pk, {})[place.sk] = body
        self._keys = {pk: sorted(members) for pk, members in self._partitions.items()}

    def forget(self) -> None:
        """Starts counting anew."""
        self.calls = 0
        self.read.clear()

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Answers every client in place of DynamoDB."""
        HOOKS.register(SEND, self._answer)  # type: ignore[arg-type]  # it may answer
        try:
            yield
        finally:
            HOOKS.unregister(SEND, self._answer)  # type: ignore[arg-type]  # the same

    def _answer(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        target = request.headers["X-Amz-Target"]
        call = (target if isinstance(target, str) else target.decode()).partition(".")[2]
        asked = json.loads(request.body)  # type: ignore[arg-type]  # bytes, of a request to tables
        self.calls += 1
        body = self._body(call, asked)
        return AWSResponse("", 200, HTTPHeaders(), _Body(body))

    def _body(self, call: str, asked: Request) -> bytes:
        if call == "Query" and asked["TableName"] == self._table:
            values = asked["ExpressionAttributeValues"]
            between = values[":low"]["S"], values[":high"]["S"]
            return b'{"Items":[%b]}' % b",".join(self._between(values[":pk"]["S"], *between))
        if call == "BatchGetItem" and self._table in asked["RequestItems"]:
            keys = asked["RequestItems"][self._table]["Keys"]
            found = [self._at(key["pk"]["S"], key["sk"]["S"]) for key in keys]
            listed = b",".join(each for each in found if each)
            return b'{"Responses":{"%b":[%b]},"UnprocessedKeys":{}}' % (
                self._table.encode(),
                listed,
            )
        answer = getattr(self, _WORD.sub("_", call).lower())(**asked)
        return json.dumps(answer).encode()

    def _between(self, pk: str, low: str, high: str) -> list[bytes]:
        keys = self._keys.get(pk, [])
        found = keys[bisect_left(keys, low) : bisect_right(keys, high)]
        return [self._at(pk, sk) for sk in found]

    def _at(self, pk: str, sk: str) -> bytes:
        body = self._partitions.get(pk, {}).get(sk, b"")
        if body:
            *_, shard, group = pk.split("#", 5)
            self.read[Series(shard, group, sk.partition(items.NAMED)[2])] += 1
        return body


class _Body:
    """The body of an answer."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: object) -> Iterator[bytes]:
        """All of it."""
        yield self._body


def _json(key: Mapping[str, str], rollup: Rollup, folded_at_ms: int) -> bytes:
    item: dict[str, object] = {name: {"S": value} for name, value in key.items()}
    numbers = {"schema": items.SCHEMA, items.EXPIRES: 2**31, items.FOLDED_AT: folded_at_ms}
    item |= {name: {"N": str(count)} for name, count in {**numbers, **rollup.counters}.items()}
    if rollup.registers:
        encoded = [base64.b64encode(each).decode() for each in sorted(rollup.registers)]
        item[items.REGISTERS] = {"BS": encoded}
    return json.dumps(item).encode()
