"""Published configuration in its table: atomic, versioned, walled off by workspace."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from cairn.configuration.history import Mark
from cairn.configuration.model import Actor, Change, Kind, Publication, Release, digest_of
from cairn.configuration.publish import next_release
from cairn.configuration.store import ConfigurationStore, release_of
from cairn.platform.dynamo import ConditionFailed, Delete, Dynamo, Key
from cairn.platform.errors import StoreUnavailable
from cairn.platform.idempotency import Repeatable
from tests.functions.cloud import Cloud, cloud

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
BY = Actor(via="apply", id="tests")


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
    release, changes = next_release(store.release(workspace), bodies, NOW)
    new = {digest_of(body): body for body in bodies.values()}
    store.publish(release, new, publication(release, changes))
    return release


def publication(release: Release, changes: Sequence[Change]) -> Publication:
    return Publication(release=release.version, at=NOW, by=BY, did="apply", changes=tuple(changes))


def told(store: ConfigurationStore, name: str) -> list[tuple[int, str, int]]:
    found = store.history("demo", name, None, 100).changes
    return [(each.publication.release, each.change.action, each.change.version) for each in found]


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
        release, changes = next_release(current, {"flag/a": body}, NOW)
        if body == '"mine"':
            store.publish(release, {digest_of(body): body}, publication(release, changes))
        else:
            with pytest.raises(ConditionFailed):
                store.publish(release, {digest_of(body): body}, publication(release, changes))
    found = store.snapshot(store.release("demo"), None).find(Kind.FLAG, "a")
    assert found is not None
    assert found.body == '"mine"'


def test_two_first_publishers_meet_a_conflict_too(store: ConfigurationStore) -> None:
    nothing = store.release("demo")
    first, one = next_release(nothing, {"flag/a": "1"}, NOW)
    second, other = next_release(nothing, {"flag/a": "2", "flag/b": "2"}, NOW)
    store.publish(first, {digest_of("1"): "1"}, publication(first, one))
    with pytest.raises(ConditionFailed):
        store.publish(second, {digest_of("2"): "2"}, publication(second, other))
    assert told(store, "flag/a") == [(1, "add", 1)]
    assert told(store, "flag/b") == []
    assert store.entry("demo", "flag/b", 1) is None


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


def test_the_history_of_a_document_is_told_newest_first_and_by_pages(
    store: ConfigurationStore,
) -> None:
    for number in range(5):
        publish(store, {"flag/a": str(number), "flag/b": "same"})
    assert told(store, "flag/b") == [(1, "add", 1)]
    first = store.history("demo", "flag/a", None, 2)
    second = store.history("demo", "flag/a", first.following, 2)
    last = store.history("demo", "flag/a", second.following, 2)
    releases = [each.publication.release for page in (first, second, last) for each in page.changes]
    assert (releases, last.following) == ([5, 4, 3, 2, 1], None)


def test_a_document_that_was_removed_keeps_its_history(store: ConfigurationStore) -> None:
    publish(store, {"flag/a": "1", "flag/b": "1"})
    publish(store, {"flag/b": "1"})
    publish(store, {"flag/a": "2", "flag/b": "1"})
    assert told(store, "flag/a") == [(3, "add", 2), (2, "remove", 1), (1, "add", 1)]
    assert store.history("other", "flag/a", None, 10).changes == ()


def test_a_past_version_is_found_with_its_document(store: ConfigurationStore) -> None:
    for body in ("1", "2", "3"):
        publish(store, {"flag/a": body})
    entry = store.entry("demo", "flag/a", 2)
    assert entry is not None
    assert (entry.version, entry.digest) == (2, digest_of("2"))
    assert store.bodies("demo", [entry.digest]) == {digest_of("2"): "2"}
    assert store.entry("demo", "flag/a", 4) is None


def test_more_documents_than_a_transaction_holds_are_published_at_once(
    store: ConfigurationStore,
) -> None:
    publish(store, {f"flag/f{number}": str(number) for number in range(130)})
    assert len(store.release("demo").entries) == 130
    assert told(store, "flag/f129") == [(1, "add", 1)]


def test_a_request_is_remembered_for_a_day_by_its_idempotency_key(
    store: ConfigurationStore,
) -> None:
    asked = Repeatable(key="k", request="r")
    for number, at in enumerate((NOW, NOW + timedelta(hours=23), NOW + timedelta(days=1))):
        body = str(number)
        current = store.release("demo")
        release, changes = next_release(current, {"flag/a": body}, at)
        record = publication(release, changes).model_copy(update={"at": at})
        if number == 1:
            with pytest.raises(ConditionFailed):
                store.publish(release, {digest_of(body): body}, record, asked)
            continue
        store.publish(release, {digest_of(body): body}, record, asked)
        assert store.mark("demo", asked, at) == Mark(request="r", made="flag/a")
    assert store.mark("other", asked, NOW) is None
    assert store.mark("demo", asked, NOW + timedelta(days=3)) is None
