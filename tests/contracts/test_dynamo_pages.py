"""Pages of partitions and indexes, and many items at once: what `Dynamo` promises of them."""

from collections.abc import Iterator

import boto3
import pytest
from botocore.stub import Stubber

from cairn.platform.aws import Patience, dynamodb
from cairn.platform.dynamo import Dynamo, Index, Item, Key
from cairn.platform.errors import StoreUnavailable
from infra.inprocess.cloud import INDEXES
from infra.inprocess.tables import MemoryTables
from tests.functions.cloud import cloud
from tests.functions.refusals import tapped

TABLE = "cairn-local-traces"
LISTED = Index("listed", *INDEXES["traces"])


@pytest.fixture(params=["moto", "memory"])
def dynamo(request: pytest.FixtureRequest) -> Iterator[Dynamo]:
    if request.param == "memory":
        yield Dynamo(MemoryTables(indexes={"listed": INDEXES["traces"]}).client())
    else:
        with cloud():
            yield Dynamo(boto3.client("dynamodb"))


def items(count: int) -> list[Item]:
    return [
        {
            "pk": "demo#a",
            "sk": f"{number:03d}",
            "body": b"\x00\xff",
            "listed": "l",
            "listed_at": "1",
        }
        for number in range(count)
    ]


def sort_keys(found: tuple[Item, ...]) -> list[str]:
    return [str(each["sk"]) for each in found]


def test_many_items_are_written_and_come_back_in_pages(dynamo: Dynamo) -> None:
    dynamo.put_all(TABLE, items(60))
    first = dynamo.page(TABLE, "demo#a", limit=50)
    assert (len(first.items), first.items[7]) == (50, items(8)[7])
    rest = dynamo.page(TABLE, "demo#a", after=first.following)
    assert sort_keys(rest.items) == [f"{number:03d}" for number in range(50, 60)]
    assert rest.following is None


def test_a_page_may_be_turned_round_and_bounded(dynamo: Dynamo) -> None:
    dynamo.put_all(TABLE, items(9))
    found = dynamo.page(TABLE, "demo#a", between=("002", "004"), newest_first=True)
    assert sort_keys(found.items) == ["004", "003", "002"]


def test_a_page_of_an_index_goes_on_where_it_ended(dynamo: Dynamo) -> None:
    dynamo.put_all(TABLE, [*items(5), {"pk": "demo#b", "sk": "unlisted"}])
    first = dynamo.page(TABLE, "l", index=LISTED, limit=3)
    rest = dynamo.page(TABLE, "l", index=LISTED, after=first.following)
    assert sorted(sort_keys(first.items + rest.items)) == ["000", "001", "002", "003", "004"]


def test_items_written_again_are_written_over(dynamo: Dynamo) -> None:
    dynamo.put_all(TABLE, items(3))
    dynamo.put_all(TABLE, items(3))
    assert len(dynamo.page(TABLE, "demo#a").items) == 3
    assert dynamo.get(TABLE, Key("demo#a", "001")) == items(2)[1]


def test_25_items_go_in_one_call_and_none_in_none() -> None:
    with tapped() as wire, cloud():
        tables = Dynamo(dynamodb(Patience.REQUEST))
        tables.put_all(TABLE, [])
        tables.put_all(TABLE, items(25))
        assert wire.calls["BatchWriteItem"] == 1
        tables.put_all(TABLE, items(26))
        assert wire.calls["BatchWriteItem"] == 3


def test_what_the_table_leaves_over_is_sent_again_and_given_up_in_the_end() -> None:
    with cloud():
        client = boto3.client("dynamodb")
        request = {"PutRequest": {"Item": {"pk": {"S": "a"}, "sk": {"S": "b"}}}}
        left = {"UnprocessedItems": {TABLE: [request]}}
        with Stubber(client) as stub:
            for answer in (left, left, {}):
                stub.add_response("batch_write_item", answer)
            Dynamo(client).put_all(TABLE, [{"pk": "a", "sk": "b"}])
            stub.assert_no_pending_responses()
            for _ in range(3):
                stub.add_response("batch_write_item", left)
            with pytest.raises(StoreUnavailable):
                Dynamo(client).put_all(TABLE, [{"pk": "a", "sk": "b"}])
