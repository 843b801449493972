"""The watch over what functions are granted sees what it should."""

from dataclasses import replace

import pytest

from cairn.platform.aws import Patience, dynamodb, s3
from cairn.platform.dynamo import Action, Delete, Dynamo, Key, Put
from cairn.platform.objects import Bucket
from infra.catalog import FUNCTIONS
from infra.stores import Place, Table
from tests.functions.cloud import Cloud
from tests.functions.granted import Watch

SWEEPER = next(each for each in FUNCTIONS if each.name == "sweep-outbox")
KEY = Key("demo#some", "thing")


def wrote(aws: Cloud, action: Action) -> Watch:
    watch = Watch()
    Dynamo(watch.over(SWEEPER, dynamodb)(Patience.BACKGROUND)).transact([action])
    assert aws.table("decisions") == action.table
    return watch


def test_a_granted_part_of_a_transaction_is_let_pass(aws: Cloud) -> None:
    assert not wrote(aws, Delete("cairn-local-decisions", KEY)).refused


def test_a_part_of_a_transaction_that_is_not_granted_is_told(aws: Cloud) -> None:
    put = Put("cairn-local-decisions", {"pk": KEY.pk, "sk": KEY.sk})
    assert wrote(aws, put).refused == {
        ("sweep-outbox", ("dynamodb:PutItem", "cairn-local-decisions"))
    }


def test_another_table_than_the_granted_one_is_told(aws: Cloud) -> None:
    watch = Watch()
    Dynamo(watch.over(SWEEPER, dynamodb)(Patience.BACKGROUND)).get(aws.table("keys"), KEY)
    assert watch.refused == {("sweep-outbox", ("dynamodb:GetItem", "cairn-local-keys"))}


def test_a_batch_for_tables_is_told_by_the_table(aws: Cloud) -> None:
    watch = Watch()
    blind = replace(SWEEPER, writes=SWEEPER.writes - {Table.TRACES})
    item = {"pk": KEY.pk, "sk": KEY.sk}
    Dynamo(watch.over(blind, dynamodb)(Patience.BACKGROUND)).put_all(aws.table("traces"), [item])
    assert watch.refused == {("sweep-outbox", ("dynamodb:BatchWriteItem", "cairn-local-traces"))}


@pytest.mark.parametrize(("prefix", "is_told"), [("parcels", False), ("traces", True)])
def test_an_object_beside_the_granted_part_of_the_archive_is_told(
    aws: Cloud, prefix: str, *, is_told: bool
) -> None:
    watch, folding = Watch(), replace(SWEEPER, writes=frozenset({Place.PARCELS}))
    bucket = Bucket(
        watch.over(folding, s3)(Patience.BACKGROUND), aws.variables["CAIRN_ARCHIVE_BUCKET"]
    )
    bucket.put(f"{prefix}/demo/one", b"{}", content_type="application/json")
    assert bool(watch.refused) == is_told
