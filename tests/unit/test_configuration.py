"""Releases, snapshots and compiled documents: pure, or over releases in memory."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from cairn.configuration.model import Change, Document, Kind, Release, Snapshot, digest_of
from cairn.configuration.publish import next_release
from cairn.configuration.snapshots import CHECK_S, Compiled, Snapshots
from cairn.platform.errors import StoreUnavailable
from tests.fakes.ticks import Ticks

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
NOTHING = Release(workspace="demo", version=0)


def released(bodies: Mapping[str, str], current: Release = NOTHING) -> Release:
    return next_release(current, bodies, NOW)[0]


def test_the_first_release_has_every_document_in_version_1() -> None:
    release, changes = next_release(NOTHING, {"flag/b": "1", "flag/a": "2"}, NOW)
    assert (release.version, release.published_at) == (1, NOW)
    assert changes == [
        Change("flag/a", "add", 1, None, digest_of("2")),
        Change("flag/b", "add", 1, None, digest_of("1")),
    ]
    assert release.entries["flag/b"].digest == digest_of("1")


def test_only_changed_documents_get_a_new_version() -> None:
    first = released({"flag/a": "1", "flag/b": "1", "flag/c": "1"})
    second, changes = next_release(first, {"flag/a": "1", "flag/b": "2", "flag/d": "1"}, NOW)
    assert changes == [
        Change("flag/b", "change", 2, digest_of("1"), digest_of("2")),
        Change("flag/c", "remove", 1, digest_of("1"), None),
        Change("flag/d", "add", 1, None, digest_of("1")),
    ]
    versions = {name: entry.version for name, entry in second.entries.items()}
    assert (second.version, versions) == (2, {"flag/a": 1, "flag/b": 2, "flag/d": 1})


def test_without_a_change_the_release_stays() -> None:
    first = released({"flag/a": "1"})
    assert next_release(first, {"flag/a": "1"}, NOW) == (first, [])


def test_a_document_that_comes_back_counts_on() -> None:
    first = released({"flag/a": "1", "flag/b": "1"})
    without = released({"flag/b": "1"}, first)
    later = released({"flag/b": "2"}, without)
    back = released({"flag/a": "1", "flag/b": "2"}, later)
    assert later.retired == {"flag/a": 1}
    assert (back.entries["flag/a"].version, back.retired) == (2, {})


class Releases:
    """Releases in memory; counts reads, and can be down."""

    def __init__(self) -> None:
        self.bodies: dict[str, str] = {}
        self.current = NOTHING
        self.reads = 0
        self.down = False

    def publish(self, **bodies: str) -> None:
        self.bodies = {f"flag/{name}": body for name, body in bodies.items()}
        self.current = released(self.bodies, self.current)

    def release(self, workspace: str) -> Release:
        self.reads += 1
        if self.down:
            raise StoreUnavailable("The table does not answer.")
        return self.current.model_copy(update={"workspace": workspace})

    def snapshot(self, release: Release, former: Snapshot | None) -> Snapshot:
        del former
        documents = {
            name: Document(
                Kind.FLAG,
                name.partition("/")[2],
                entry.version,
                self.bodies[name],
                entry.digest,
            )
            for name, entry in release.entries.items()
        }
        return Snapshot(release.workspace, release.version, documents)


@pytest.fixture
def releases() -> Releases:
    return Releases()


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def snapshots(releases: Releases, ticks: Ticks) -> Snapshots:
    return Snapshots(releases, ticks)


def body_of(snapshot: Snapshot, name: str = "a") -> str | None:
    found = snapshot.find(Kind.FLAG, name)
    return found.body if found else None


def test_a_snapshot_is_looked_at_again_after_half_a_second(
    releases: Releases, snapshots: Snapshots, ticks: Ticks
) -> None:
    releases.publish(a="1")
    assert body_of(snapshots.current("demo")) == "1"
    releases.publish(a="2")
    ticks.pass_s(CHECK_S - 0.001)
    assert body_of(snapshots.current("demo")) == "1"
    assert releases.reads == 1
    ticks.pass_s(0.001)
    assert body_of(snapshots.current("demo")) == "2"


def test_an_unchanged_release_gives_the_same_snapshot(
    releases: Releases, snapshots: Snapshots, ticks: Ticks
) -> None:
    releases.publish(a="1")
    first = snapshots.current("demo")
    ticks.pass_s(CHECK_S)
    assert snapshots.current("demo") is first


def test_the_last_known_snapshot_serves_while_tables_are_down(
    releases: Releases, snapshots: Snapshots, ticks: Ticks
) -> None:
    releases.publish(a="1")
    snapshots.current("demo")
    releases.down = True
    ticks.pass_s(CHECK_S)
    assert body_of(snapshots.current("demo")) == "1"


def test_a_dead_table_is_asked_at_most_twice_a_second(
    releases: Releases, snapshots: Snapshots, ticks: Ticks
) -> None:
    releases.publish(a="1")
    snapshots.current("demo")
    releases.down = True
    ticks.pass_s(CHECK_S)
    for _ in range(5):
        snapshots.current("demo")
    assert releases.reads == 2
    releases.down = False
    releases.publish(a="2")
    ticks.pass_s(CHECK_S)
    assert body_of(snapshots.current("demo")) == "2"


def test_what_was_never_known_cannot_be_served(releases: Releases, snapshots: Snapshots) -> None:
    releases.down = True
    with pytest.raises(StoreUnavailable):
        snapshots.current("demo")


def test_workspaces_have_snapshots_of_their_own(releases: Releases, snapshots: Snapshots) -> None:
    releases.publish(a="1")
    assert snapshots.current("demo").workspace == "demo"
    releases.publish(a="2")
    assert (snapshots.current("other").workspace, snapshots.current("demo").version) == (
        "other",
        1,
    )


def test_a_document_is_compiled_once_per_content(releases: Releases, ticks: Ticks) -> None:
    snapshots = Snapshots(releases, ticks)
    compiled_bodies: list[str] = []

    def compile_document(document: Document) -> str:
        compiled_bodies.append(document.body)
        return document.body.upper()

    compiled = Compiled(Kind.FLAG, compile_document)
    releases.publish(a="x", b="y")
    assert compiled.of(snapshots.current("demo")) == {"a": "X", "b": "Y"}
    compiled.of(snapshots.current("demo"))
    releases.publish(a="x", b="z")
    ticks.pass_s(CHECK_S)
    assert compiled.of(snapshots.current("demo")) == {"a": "X", "b": "Z"}
    assert compiled_bodies == ["x", "y", "z"]


def test_documents_are_found_by_kind() -> None:
    flag, flow = (Document(kind, "a", 1, "{}", "") for kind in (Kind.FLAG, Kind.FLOW))
    snapshot = Snapshot("demo", 1, {"flag/a": flag, "flow/a": flow})
    assert snapshot.of_kind(Kind.FLOW) == [flow]
    assert snapshot.find(Kind.FLAG, "a") is flag
    assert snapshot.find(Kind.ALERT, "a") is None
