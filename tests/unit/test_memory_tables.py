"""Tables in memory refuse what DynamoDB refuses, and bill as it does."""

import pytest
from botocore.exceptions import ClientError

from cairn.platform.dynamo import ConditionFailed, Dynamo, Key, Put, Update
from cairn.platform.dynamo.faults import ItemTooLarge
from infra.inprocess.attributes import Attributes
from infra.inprocess.item_size import item_bytes, write_units
from infra.inprocess.tables import MemoryTables

TABLE = "metrics"
KEY = Key("demo#a", "b")


def put(number: int = 0, size: int = 0) -> Put:
    return Put(TABLE, {"pk": "demo#a", "sk": f"{number}", "body": "x" * size})


class Meeting:
    """A wire on which another transaction comes while the first one is under way."""

    def __init__(self) -> None:
        self.tables = MemoryTables(self)
        self.met: list[ConditionFailed] = []
        self._depth = 0

    def sent(self, call: str) -> None:
        pass

    def prepared(self, call: str) -> None:  # noqa: ARG002  # the port's words
        self._depth += 1
        if self._depth == 1:
            with pytest.raises(ConditionFailed) as raised:
                Dynamo(self.tables.client()).transact([put(7), put(0)])
            self.met.append(raised.value)

    def answered(self, call: str) -> None:
        pass


def test_of_two_transactions_that_meet_on_an_item_the_second_is_cancelled() -> None:
    wire = Meeting()
    dynamo = Dynamo(wire.tables.client())
    dynamo.transact([put(0, size=1)])
    (error,) = wire.met
    assert error.failed == (1,)
    assert dynamo.get(TABLE, Key("demo#a", "7")) is None
    assert wire.tables.refused["TransactionConflict"] == 1


@pytest.mark.parametrize(
    "actions",
    [
        [put(number) for number in range(101)],
        [put(0), put(0)],
        [put(number, size=390 * 1024) for number in range(11)],
        [Update(TABLE, KEY, add={f"c{number}": 1 for number in range(301)})],
    ],
    ids=["actions", "twice", "transaction", "operators"],
)
def test_a_transaction_beyond_the_limits_is_a_mistake_and_writes_nothing(
    actions: list[Put | Update],
) -> None:
    tables = MemoryTables()
    with pytest.raises(ClientError) as raised:
        Dynamo(tables.client()).transact(actions)
    assert raised.value.response["Error"]["Code"] == "ValidationException"
    assert list(tables.scan(TABLE)) == []


@pytest.mark.parametrize(
    "actions",
    [
        [put(0, size=400 * 1024)],
        [Update(TABLE, KEY, put={"body": "text"}), put(1, size=500 * 1024)],
    ],
    ids=["alone", "one of two"],
)
def test_a_transaction_with_an_item_that_is_too_large_writes_nothing(
    actions: list[Put | Update],
) -> None:
    tables = MemoryTables()
    with pytest.raises(ItemTooLarge):
        Dynamo(tables.client()).transact(actions)
    assert list(tables.scan(TABLE)) == []


def test_adding_a_number_to_a_text_is_a_mistake() -> None:
    dynamo = Dynamo(MemoryTables().client())
    dynamo.write(Put(TABLE, {"pk": KEY.pk, "sk": KEY.sk, "body": "text"}))
    with pytest.raises(ClientError):
        dynamo.write(Update(TABLE, KEY, add={"body": frozenset({b"x"})}))


def test_items_are_measured_by_their_names_and_values_and_billed_by_the_kilobyte() -> None:
    item: Attributes = {
        "pk": {"S": "abc"},
        "n": {"N": "-12345"},
        "ids": {"BS": [b"12345678", b"87654321"]},
    }
    assert item_bytes(item) == (2 + 3) + (1 + 5) + (3 + 16)
    assert [write_units(size) for size in (0, 1, 1024, 1025, 3000)] == [1, 1, 1, 2, 3]


def test_whoever_pays_is_told_of_every_item_before_and_after() -> None:
    bill: list[tuple[str, int, int]] = []
    dynamo = Dynamo(MemoryTables(billed=lambda *told: bill.append(told)).client())
    dynamo.transact([put(0, size=10)])
    dynamo.write(put(0, size=20))
    assert bill == [("TransactWriteItems", 0, 25), ("PutItem", 25, 35)]
