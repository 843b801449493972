"""Published configuration in its table: atomic, versioned, walled off by workspace."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import boto3
import pytest

from cairn.configuration.model import Kind, Release, digest_of
from cairn.configuration.publish import next_release
from cairn.configuration.store import ConfigurationStore, release_of
from cairn.platform.dynamo import ConditionFailed, Delete, Dynamo, Key
from cairn.platform.errors import StoreUnavailable
from tests.functions.cloud import Cloud, cloud

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.fixture
def aws() -> Iterator[Cloud]:
    with cloud() as created:
        yield created


@pytest.fixture
def dynamo(aws: Cloud) -> Dynamo:
    del aws
    return Dynamo(boto3.client("dynamodb"))


@pytest.fixture
def store(aws: Cloud, dynamo: Dynamo) -> ConfigurationStore:
    return ConfigurationStore(dynamo, aws.table("config"))


def publish(
    store: ConfigurationStore, bodies: Mapping[str, str], workspace: str = "demo"
) -> Release:
    release, _ = next_release(store.release(workspace), bodies, NOW)
    store.publish(release, {digest_of(body): body for body in bodies.values()})
    return release


def test_before_anything_is_published_the_release_is_version_0(store: ConfigurationStore) -> None:
    release = store.release("demo")
    assert (release.version, release.entries) == (0, {})
    assert store.snapshot(release, None).documents == {}
    assert store.workspaces() == []


def test_a_release_comes_back_with_its_documents(store: ConfigurationStore) -> None:
    published = publish(store, {"flag/a": '{"x":1}', "flow/b": '{"y":2}'})
    assert store.release("demo") == published
    snapshot = store.snapshot(published, None)
    flag = snapshot.find(Kind.FLAG, "a")
    assert flag is not None
    assert (flag.version, flag.body, flag.digest) == (1, '{"x":1}', digest_of('{"x":1}'))
    assert store.workspaces() == ["demo"]


def test_a_release_may_be_read_along_with_other_items(
    store: ConfigurationStore, dynamo: Dynamo
) -> None:
    published = publish(store, {"flag/a": "{}"})
    (item, missing) = dynamo.get_many([store.pointer("demo"), store.pointer("other")])
    assert release_of("demo", item) == published
    assert release_of("other", missing).version == 0


def test_the_second_of_two_publishers_changes_nothing(store: ConfigurationStore) -> None:
    publish(store, {"flag/a": '"0"'})
    current = store.release("demo")
    for body in ('"mine"', '"theirs"'):
        release, _ = next_release(current, {"flag/a": body}, NOW)
        if body == '"mine"':
            store.publish(release, {digest_of(body): body})
        else:
            with pytest.raises(ConditionFailed):
                store.publish(release, {digest_of(body): body})
    found = store.snapshot(store.release("demo"), None).find(Kind.FLAG, "a")
    assert found is not None
    assert found.body == '"mine"'


def test_two_first_publishers_meet_a_conflict_too(store: ConfigurationStore) -> None:
    nothing = store.release("demo")
    first, _ = next_release(nothing, {"flag/a": "1"}, NOW)
    second, _ = next_release(nothing, {"flag/a": "2"}, NOW)
    store.publish(first, {digest_of("1"): "1"})
    with pytest.raises(ConditionFailed):
        store.publish(second, {digest_of("2"): "2"})


def test_only_unknown_documents_are_read(
    aws: Cloud, store: ConfigurationStore, dynamo: Dynamo
) -> None:
    publish(store, {"flag/a": "1", "flag/b": "1b"})
    former = store.snapshot(store.release("demo"), None)
    second = publish(store, {"flag/a": "1", "flag/b": "2b"})
    dynamo.write(Delete(aws.table("config"), Key(f"demo#document#{digest_of('1')}", "body")))

    bodies = {each.id: each.body for each in store.snapshot(second, former).documents.values()}
    assert bodies == {"a": "1", "b": "2b"}
    with pytest.raises(StoreUnavailable, match="document is missing"):
        store.snapshot(second, None)


def test_workspaces_are_walls(store: ConfigurationStore) -> None:
    publish(store, {"flag/a": "1"})
    publish(store, {"flag/a": "2"}, workspace="other")
    assert store.workspaces() == ["demo", "other"]
    (document,) = store.snapshot(store.release("demo"), None).documents.values()
    assert document.body == "1"
