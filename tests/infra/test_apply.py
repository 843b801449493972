"""Publishing files: versions, differences, removal, conflicts, dry runs; on moto."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest

from cairn.configuration.canonical import canonical_json
from cairn.configuration.editing import Signature, edited
from cairn.configuration.model import Actor, Kind, Publication, Release, Snapshot
from cairn.configuration.store import ConfigurationStore
from cairn.flags.documents import FlagDocument
from cairn.platform.backoff import Backoff
from cairn.platform.clock import Deadline
from cairn.platform.dynamo import Dynamo
from cairn.platform.errors import Conflict
from infra.configuration.apply import Choices, apply
from infra.configuration.problems import InvalidConfiguration
from infra.configuration.refusals import Disagreement, OverwriteRefused, RemovalRefused
from tests.flows import flow, step
from tests.functions.cloud import ACCOUNT_VARIABLES, cloud

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
FLAG = "kind: flag\nid: {id}\ntype: boolean\ndefault: {default}\n"


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[ConfigurationStore]:
    for name, value in ACCOUNT_VARIABLES.items():
        monkeypatch.setenv(name, value)
    with cloud() as created:
        yield ConfigurationStore(Dynamo(boto3.client("dynamodb")), created.table("config"))


def write(folder: Path, **flags: str) -> Path:
    for name, default in flags.items():
        (folder / f"{name}.yaml").write_text(FLAG.format(id=name, default=default))
    return folder


def published(store: ConfigurationStore) -> dict[str, tuple[int, str]]:
    snapshot = store.snapshot(store.release("demo"), None)
    return {
        each.id: (each.version, json.loads(each.body)["default"])
        for each in snapshot.of_kind(Kind.FLAG)
    }


def test_what_is_new_is_published_as_version_1(store: ConfigurationStore, tmp_path: Path) -> None:
    applied = apply(write(tmp_path, a="on", b="off"), store, workspace="demo", now=NOW)

    assert [(each.address, each.action, each.after) for each in applied.changes] == [
        ("flag/a", "add", 1),
        ("flag/b", "add", 1),
    ]
    assert (applied.published, applied.release.version) == (True, 1)
    assert published(store) == {"a": (1, "on"), "b": (1, "off")}
    assert store.workspaces() == ["demo"]


def test_only_what_changes_gets_a_new_version(store: ConfigurationStore, tmp_path: Path) -> None:
    apply(write(tmp_path, a="on", b="off"), store, workspace="demo", now=NOW)
    applied = apply(write(tmp_path, b="on"), store, workspace="demo", now=NOW)

    (change,) = applied.changes
    assert (change.address, change.before, change.after) == ("flag/b", 1, 2)
    assert [(each.pointer, each.before, each.after) for each in change.differences] == [
        ("/default", '"off"', '"on"')
    ]
    assert published(store) == {"a": (1, "on"), "b": (2, "on")}


def test_unchanged_files_publish_nothing(store: ConfigurationStore, tmp_path: Path) -> None:
    apply(write(tmp_path, a="on"), store, workspace="demo", now=NOW)
    text = (tmp_path / "a.yaml").read_text()
    (tmp_path / "a.yaml").write_text(f"# a comment changes nothing\n{text}")

    applied = apply(tmp_path, store, workspace="demo", now=NOW)

    assert (applied.changes, applied.published, applied.release.version) == ((), False, 1)


def test_a_dry_run_tells_and_publishes_nothing(store: ConfigurationStore, tmp_path: Path) -> None:
    apply(write(tmp_path, a="on", b="on"), store, workspace="demo", now=NOW)
    (tmp_path / "a.yaml").unlink()
    write(tmp_path, b="off", c="on")

    with pytest.raises(RemovalRefused):
        apply(tmp_path, store, workspace="demo", now=NOW, choices=Choices(dry_run=True))
    applied = apply(
        tmp_path, store, workspace="demo", now=NOW, choices=Choices(dry_run=True, remove=True)
    )

    assert [(each.address, each.action) for each in applied.changes] == [
        ("flag/a", "remove"),
        ("flag/b", "change"),
        ("flag/c", "add"),
    ]
    assert not applied.published
    assert published(store) == {"a": (1, "on"), "b": (1, "on")}


def test_a_document_is_removed_only_where_that_is_said(
    store: ConfigurationStore, tmp_path: Path
) -> None:
    apply(write(tmp_path, a="on", b="on"), store, workspace="demo", now=NOW)
    (tmp_path / "a.yaml").unlink()

    with pytest.raises(RemovalRefused, match="would remove flag/a; pass --remove"):
        apply(tmp_path, store, workspace="demo", now=NOW)
    assert published(store).keys() == {"a", "b"}

    apply(tmp_path, store, workspace="demo", now=NOW, choices=Choices(remove=True))
    assert published(store).keys() == {"b"}


def test_one_problem_keeps_everything_unpublished(
    store: ConfigurationStore, tmp_path: Path
) -> None:
    with pytest.raises(InvalidConfiguration):
        apply(write(tmp_path, a="on", b="blue"), store, workspace="demo", now=NOW)
    assert store.release("demo").version == 0


def test_workspaces_are_walls(store: ConfigurationStore, tmp_path: Path) -> None:
    apply(write(tmp_path, a="on"), store, workspace="other", now=NOW)
    assert store.release("demo").version == 0


class Overtaken:
    """A store where somebody else publishes between reading and publishing."""

    def __init__(self, store: ConfigurationStore, files: Path) -> None:
        self._store = store
        self._files = files

    def release(self, workspace: str) -> Release:
        found = self._store.release(workspace)
        apply(self._files, self._store, workspace=workspace, now=NOW, choices=Choices(remove=True))
        return found

    def snapshot(self, release: Release, former: Snapshot | None) -> Snapshot:
        return self._store.snapshot(release, former)

    def publish(
        self, release: Release, bodies: Mapping[str, str], publication: Publication
    ) -> None:
        self._store.publish(release, bodies, publication)


def test_who_comes_second_changes_nothing(store: ConfigurationStore, tmp_path: Path) -> None:
    for name in ("mine", "theirs"):
        (tmp_path / name).mkdir()
    theirs = write(tmp_path / "theirs", a="off")

    with pytest.raises(Conflict):
        apply(
            write(tmp_path / "mine", a="on"),
            Overtaken(store, theirs),
            workspace="demo",
            now=NOW,
        )

    assert published(store) == {"a": (1, "off")}


EDITOR = Actor(via="api", id="key_1", name="ada")


def edit(store: ConfigurationStore, name: str, default: str, **more: object) -> None:
    """Changes a flag as the API does."""
    flag = {"kind": "flag", "id": name, "type": "boolean", "default": default, **more}
    body = canonical_json(FlagDocument.model_validate(flag))
    edited(
        store,
        lambda release: store.snapshot(release, None),
        Signature("demo", EDITOR, "update", NOW, "0" * 32),
        lambda _: body,
        Backoff(Deadline.within(5_000)),
        kind=Kind.FLAG,
        identifier=name,
    )


def test_files_that_stay_as_they_were_leave_a_change_of_the_api_alone(
    store: ConfigurationStore, tmp_path: Path
) -> None:
    apply(write(tmp_path, a="on", b="on"), store, workspace="demo", now=NOW)
    edit(store, "a", "off")
    edit(store, "made", "on")

    applied = apply(write(tmp_path, b="off"), store, workspace="demo", now=NOW)

    assert published(store) == {"a": (2, "off"), "b": (2, "off"), "made": (1, "on")}
    assert [each.address for each in applied.changes] == ["flag/b"]
    assert [(each.address, each.action) for each in applied.kept] == [
        ("flag/a", "keep"),
        ("flag/made", "keep"),
    ]
    assert [(each.pointer, each.before, each.after) for each in applied.kept[0].differences] == [
        ("/default", '"on"', '"off"')
    ]


def test_where_files_and_the_api_changed_the_same_somebody_must_choose(
    store: ConfigurationStore, tmp_path: Path
) -> None:
    flag = {"a": "on", "b": "on"}
    apply(write(tmp_path, **flag), store, workspace="demo", now=NOW)
    edit(store, "a", "off", description="switched off in an incident")
    text = FLAG.format(id="a", default="on") + "description: from a file\n"
    (tmp_path / "a.yaml").write_text(text)

    for dry_run in (True, False):
        with pytest.raises(OverwriteRefused, match="changed flag/a since"):
            apply(tmp_path, store, workspace="demo", now=NOW, choices=Choices(dry_run=dry_run))
    assert published(store)["a"] == (2, "off")

    meant = Choices(overwrite=True)
    apply(tmp_path, store, workspace="demo", now=NOW, choices=meant)
    assert published(store)["a"] == (3, "on")
    assert not apply(tmp_path, store, workspace="demo", now=NOW).published


def test_files_that_say_what_the_api_made_agree_with_it_again(
    store: ConfigurationStore, tmp_path: Path
) -> None:
    apply(write(tmp_path, a="on"), store, workspace="demo", now=NOW)
    edit(store, "a", "off")

    agreed = apply(write(tmp_path, a="off"), store, workspace="demo", now=NOW)
    assert (agreed.changes, agreed.kept, agreed.published) == ((), (), True)
    apply(write(tmp_path, a="on"), store, workspace="demo", now=NOW)
    assert published(store) == {"a": (3, "on")}


def test_what_the_api_made_goes_only_where_both_is_said(
    store: ConfigurationStore, tmp_path: Path
) -> None:
    apply(write(tmp_path, a="on"), store, workspace="demo", now=NOW)
    edit(store, "made", "on")
    for choices in (Choices(), Choices(remove=True)):
        apply(tmp_path, store, workspace="demo", now=NOW, choices=choices)
        assert published(store).keys() == {"a", "made"}
    with pytest.raises(RemovalRefused):
        apply(tmp_path, store, workspace="demo", now=NOW, choices=Choices(overwrite=True))
    both = Choices(remove=True, overwrite=True)
    apply(tmp_path, store, workspace="demo", now=NOW, choices=both)
    assert published(store).keys() == {"a"}


def test_a_file_that_is_gone_does_not_take_a_change_of_the_api_with_it(
    store: ConfigurationStore, tmp_path: Path
) -> None:
    apply(write(tmp_path, a="on", b="on"), store, workspace="demo", now=NOW)
    edit(store, "a", "off")
    (tmp_path / "a.yaml").unlink()
    with pytest.raises(RemovalRefused):
        apply(tmp_path, store, workspace="demo", now=NOW)
    with pytest.raises(OverwriteRefused):
        apply(tmp_path, store, workspace="demo", now=NOW, choices=Choices(remove=True))


def test_files_must_go_with_what_the_api_made(store: ConfigurationStore, tmp_path: Path) -> None:
    apply(write(tmp_path, a="on", b="on"), store, workspace="demo", now=NOW)
    edit(store, "made", "on", prerequisites=[{"flag": "a", "when": {"value": True}}])
    (tmp_path / "a.yaml").unlink()
    with pytest.raises(Disagreement, match=r"flag/made /prerequisites/0/flag: there is no flag"):
        apply(tmp_path, store, workspace="demo", now=NOW, choices=Choices(remove=True))
    assert published(store).keys() == {"a", "b", "made"}


def test_a_flow_must_go_with_what_the_api_made_of_its_flag(
    store: ConfigurationStore, tmp_path: Path
) -> None:
    apply(write(tmp_path, a="on"), store, workspace="demo", now=NOW)
    edit(store, "a", "on", variations={"on": True, "new": False})
    variants = {"flag": "a", "variations": {"off": {"threshold": 1}}}
    (tmp_path / "flow.yaml").write_text(json.dumps(flow(step("one"), variants=variants)))
    with pytest.raises(Disagreement, match="the flag 'a' has no variation 'off'"):
        apply(tmp_path, store, workspace="demo", now=NOW)
    assert published(store) == {"a": (2, "on")}


def test_an_edit_meanwhile_is_no_conflict(store: ConfigurationStore, tmp_path: Path) -> None:
    apply(write(tmp_path, a="on", b="on"), store, workspace="demo", now=NOW)
    slow = Edited(store, lambda: edit(store, "a", "off"))
    apply(write(tmp_path, b="off"), slow, workspace="demo", now=NOW)
    assert published(store) == {"a": (2, "off"), "b": (2, "off")}


class Edited:
    """A store where the API changes something after the first time that a release was read."""

    def __init__(self, store: ConfigurationStore, change: Callable[[], None]) -> None:
        self._store = store
        self._changes = [change]

    def release(self, workspace: str) -> Release:
        found = self._store.release(workspace)
        if self._changes:
            self._changes.pop()()
        return found

    def snapshot(self, release: Release, former: Snapshot | None) -> Snapshot:
        return self._store.snapshot(release, former)

    def publish(
        self, release: Release, bodies: Mapping[str, str], publication: Publication
    ) -> None:
        self._store.publish(release, bodies, publication)
