"""Key records: the table and the fake keep the same promises."""

from collections.abc import Iterator

import boto3
import pytest

from cairn.access.keys import new_key
from cairn.access.store import KeyStore
from cairn.platform.dynamo import Dynamo
from tests.fakes.keys import MemoryKeys
from tests.functions.cloud import cloud

type Keys = MemoryKeys | KeyStore


@pytest.fixture(params=["memory", "table"])
def keys(request: pytest.FixtureRequest) -> Iterator[Keys]:
    if request.param == "memory":
        yield MemoryKeys()
        return
    with cloud() as created:
        yield KeyStore(Dynamo(boto3.client("dynamodb")), created.table("keys"))


def test_a_record_is_found_under_its_workspace_and_digest(keys: Keys) -> None:
    origins = frozenset({"https://shop.example"})
    _, record = new_key("publishable", workspace="demo", environment="local", origins=origins)
    keys.put(record)
    assert keys.find("demo", record.digest) == record
    assert keys.find("other", record.digest) is None
    assert keys.find("demo", "0" * 64) is None
