"""What `Dynamo` promises its stores, over moto and in memory; and what refusals of AWS mean."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from cairn.platform.aws import Patience, dynamodb
from cairn.platform.dynamo import (
    NEW,
    Condition,
    ConditionFailed,
    Delete,
    Dynamo,
    Item,
    Key,
    Put,
    Update,
)
from cairn.platform.dynamo.faults import ItemTooLarge, translated
from cairn.platform.dynamo.wire import decode, encode
from cairn.platform.errors import Conflict, StoreUnavailable
from infra.inprocess.tables import MemoryTables
from tests.functions.cloud import Cloud, cloud

TABLE = "cairn-local-config"
KEY = Key("demo#thing#1", "state")


@pytest.fixture(scope="module")
def aws() -> Iterator[Cloud]:
    with cloud() as created:
        yield created


CLIENTS = {
    "moto": lambda: boto3.client("dynamodb"),
    "moto, as functions have it": lambda: dynamodb(Patience.REQUEST),
    "memory": lambda: MemoryTables().client(),
}


@pytest.fixture(params=CLIENTS)
def dynamo(request: pytest.FixtureRequest, aws: Cloud) -> Iterator[Dynamo]:
    del aws
    store = Dynamo(CLIENTS[request.param]())
    yield store
    for pk in (KEY.pk, "demo#list#all"):
        for item in store.query(TABLE, pk):
            store.write(Delete(TABLE, Key(str(item["pk"]), str(item["sk"]))))


def item(key: Key = KEY, **attributes: Any) -> Item:  # noqa: ANN401  # any value of an item
    return {"pk": key.pk, "sk": key.sk, **attributes}


def fill(dynamo: Dynamo, count: int) -> list[Key]:
    keys = [Key("demo#list#all", f"{number:04d}") for number in range(count)]
    for key in keys:
        dynamo.write(Put(TABLE, item(key, body="x")))
    return keys


def test_an_item_comes_back_as_it_was_put(dynamo: Dynamo) -> None:
    everything = item(
        text="ö",
        empty="",
        whole=-12,
        large=2**60,
        broken=0.1,
        yes=True,
        no=False,
        nothing=None,
        ids=frozenset({b"\x00a", b"b"}),
        blob=b"\x00\xff",
    )
    dynamo.write(Put(TABLE, everything))
    found = dynamo.get(TABLE, KEY)
    assert found == everything
    assert found is not None
    assert {name: type(value) for name, value in found.items()} == {
        name: type(value) for name, value in everything.items()
    }


VALUES = st.one_of(
    st.text(),
    st.integers(min_value=-(2**63), max_value=2**63),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none(),
    st.frozensets(st.binary(min_size=1), min_size=1),
)


@given(st.dictionaries(st.text(min_size=1), VALUES))
def test_every_value_survives_the_wire(values: dict[str, Any]) -> None:
    assert decode(encode(values)) == values


def test_what_is_not_there_is_none(dynamo: Dynamo) -> None:
    assert dynamo.get(TABLE, KEY) is None
    assert dynamo.get_many([(TABLE, KEY)]) == [None]
    assert dynamo.get_many([]) == []
    assert dynamo.query(TABLE, KEY.pk) == []


def test_many_items_come_in_the_order_that_was_asked(dynamo: Dynamo) -> None:
    keys = fill(dynamo, 230)
    asked = [(TABLE, key) for key in (*reversed(keys), KEY, keys[7])]
    found = dynamo.get_many(asked)
    assert [each["sk"] if each else None for each in found] == [
        *(key.sk for key in reversed(keys)),
        None,
        keys[7].sk,
    ]


def test_items_of_several_tables_come_in_one_read(dynamo: Dynamo) -> None:
    dynamo.write(Put(TABLE, item(body="config")))
    dynamo.write(Put("cairn-local-alerts", item(body="alerts")))
    found = dynamo.get_many([("cairn-local-alerts", KEY), (TABLE, KEY)])
    assert [each["body"] if each else None for each in found] == ["alerts", "config"]


def test_a_partition_is_read_sorted_whole_or_in_part(dynamo: Dynamo) -> None:
    fill(dynamo, 12)

    def read(**narrowed: Any) -> list[str]:  # noqa: ANN401  # the query's own options
        found = dynamo.query(TABLE, "demo#list#all", **narrowed)
        return [str(each["sk"]) for each in found]

    assert read() == [f"{number:04d}" for number in range(12)]
    assert read(prefix="001") == ["0010", "0011"]
    assert read(between=("0003", "0005")) == ["0003", "0004", "0005"]
    assert read(newest_first=True, limit=2) == ["0011", "0010"]
    assert read(limit=50) == read()


def test_pages_are_followed_to_the_end_or_the_limit(dynamo: Dynamo) -> None:
    """Items of 300 KB: a page of 1 MB holds three."""
    for number in range(7):
        key = Key("demo#list#all", f"{number:04d}")
        dynamo.write(Put(TABLE, item(key, body="x" * 300_000)))
    assert len(dynamo.query(TABLE, "demo#list#all")) == 7
    assert len(dynamo.query(TABLE, "demo#list#all", limit=5)) == 5


def test_a_new_item_is_written_once(dynamo: Dynamo) -> None:
    dynamo.write(Put(TABLE, item(body="first"), NEW))
    with pytest.raises(ConditionFailed) as raised:
        dynamo.write(Put(TABLE, item(body="second"), NEW))
    assert (raised.value.failed, raised.value.code) == ((0,), "write_conflict")
    assert dynamo.get(TABLE, KEY) == item(body="first")


def test_a_condition_may_name_reserved_words(dynamo: Dynamo) -> None:
    dynamo.write(Put(TABLE, item(version=1)))
    follows = Condition("#version = :former", {":former": 1}, {"#version": "version"})
    dynamo.write(Put(TABLE, item(version=2), follows))
    with pytest.raises(ConditionFailed):
        dynamo.write(Put(TABLE, item(version=3), follows))


def test_an_update_adds_and_sets_under_a_condition(dynamo: Dynamo) -> None:
    update = Update(
        TABLE,
        KEY,
        add={"count": 2, "size": 0.5, "ids": frozenset({b"a"})},
        put={"schema": 1, "name with space": "x"},
    )
    dynamo.write(update)
    dynamo.write(update)
    found = dynamo.get(TABLE, KEY)
    added: Item = {"count": 4, "size": 1, "ids": frozenset({b"a"})}
    assert found == {**item(), **added, "schema": 1, "name with space": "x"}
    stands = Condition("#count = :count", {":count": 9}, {"#count": "count"})
    with pytest.raises(ConditionFailed):
        dynamo.write(Update(TABLE, KEY, add={"count": 1}, condition=stands))


def test_a_transaction_is_all_or_nothing_and_says_what_failed(dynamo: Dynamo) -> None:
    other = Key(KEY.pk, "other")
    dynamo.write(Put(TABLE, item(body="here")))
    with pytest.raises(ConditionFailed) as raised:
        dynamo.transact([Put(TABLE, item(other)), Put(TABLE, item(body="new"), NEW)])
    assert raised.value.failed == (1,)
    assert dynamo.get(TABLE, other) is None

    dynamo.transact([Put(TABLE, item(other)), Delete(TABLE, KEY)])
    assert (dynamo.get(TABLE, other), dynamo.get(TABLE, KEY)) == (item(other), None)


def test_an_item_that_would_be_too_large_is_told_apart() -> None:
    reasons = [
        {"Code": "None"},
        {"Code": "ValidationError", "Message": "Item size to update has exceeded the maximum"},
    ]
    error = refused("TransactionCanceledException", CancellationReasons=reasons)
    assert isinstance(translated(error), ItemTooLarge)
    alone = refused("ValidationException")
    alone.response["Error"]["Message"] = "Item size has exceeded the maximum allowed size"
    assert isinstance(translated(alone), ItemTooLarge)


def refused(code: str, status: int = 400, **more: object) -> ClientError:
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}, **more}
    return ClientError(answer, "PutItem")  # type: ignore[arg-type]  # as AWS answers


def cancelled(*codes: str) -> Exception:
    reasons = [{"Code": code} for code in codes]
    return translated(refused("TransactionCanceledException", CancellationReasons=reasons))


@pytest.mark.parametrize(
    "error",
    [
        refused("ProvisionedThroughputExceededException"),
        refused("ThrottlingException"),
        refused("RequestLimitExceeded"),
        refused("TransactionInProgressException"),
        refused("InternalServerError", 500),
        refused("ServiceUnavailable", 503),
        EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
        ReadTimeoutError(endpoint_url="http://127.0.0.1:1"),
    ],
    ids=str,
)
def test_what_may_pass_is_an_unavailable_store(error: ClientError) -> None:
    meant = translated(error)
    assert isinstance(meant, StoreUnavailable)
    assert (meant.retryable, meant.retry_after_s) == (True, 1)


@pytest.mark.parametrize(
    "code", ["ConditionalCheckFailedException", "TransactionConflictException"]
)
def test_whoever_comes_second_meets_a_conflict(code: str) -> None:
    assert isinstance(translated(refused(code)), Conflict)


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException"])
def test_a_table_that_is_closed_to_us_is_as_good_as_down(code: str) -> None:
    assert isinstance(translated(refused(code)), StoreUnavailable)


def test_a_mistake_of_ours_stays_what_it_is() -> None:
    error = refused("ValidationException")
    assert translated(error) is error


def test_a_cancelled_transaction_means_what_its_reasons_mean() -> None:
    conflict = cancelled("None", "ConditionalCheckFailed", "ThrottlingError", "TransactionConflict")
    assert isinstance(conflict, ConditionFailed)
    assert conflict.failed == (1, 3)
    assert isinstance(cancelled("None", "ThrottlingError"), StoreUnavailable)
    assert isinstance(cancelled("ProvisionedThroughputExceeded", "None"), StoreUnavailable)
    assert isinstance(cancelled("None", "ValidationError"), ClientError)


def test_a_client_that_reaches_nobody_is_an_unavailable_store(aws: Cloud) -> None:
    del aws
    client = boto3.client("dynamodb")
    calls = Dynamo(client)
    with Stubber(client) as stub:
        stub.add_client_error("get_item", "ThrottlingException", http_status_code=400)
        with pytest.raises(StoreUnavailable):
            calls.get(TABLE, KEY)
        stub.add_client_error("query", "InternalServerError", http_status_code=500)
        with pytest.raises(StoreUnavailable):
            calls.query(TABLE, KEY.pk)


def test_the_unread_rest_of_a_batch_is_asked_for_a_few_times(aws: Cloud) -> None:
    del aws
    client = boto3.client("dynamodb")
    encoded = {"pk": {"S": KEY.pk}, "sk": {"S": KEY.sk}}
    rest = {TABLE: {"Keys": [encoded], "ConsistentRead": True}}
    unread: dict[str, object] = {"Responses": {}, "UnprocessedKeys": rest}
    read: dict[str, object] = {"Responses": {TABLE: [encoded]}, "UnprocessedKeys": {}}
    with Stubber(client) as stub:
        for answer in (unread, read):
            stub.add_response("batch_get_item", answer, {"RequestItems": rest})
        assert Dynamo(client).get_many([(TABLE, KEY)]) == [item()]
        for _ in range(3):
            stub.add_response("batch_get_item", unread, {"RequestItems": rest})
        with pytest.raises(StoreUnavailable):
            Dynamo(client).get_many([(TABLE, KEY)])
