"""What the API and files change side by side: releases, reconciliation, locking; pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.configuration.locking import check_match, entity_tag, require_match
from cairn.configuration.model import Document, Kind, Release, digest_of
from cairn.configuration.publish import amended, next_release
from cairn.configuration.reconcile import only_edited, reconciled
from cairn.platform.errors import PreconditionFailed, PreconditionRequired

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
NOTHING = Release(workspace="demo", version=0)


def applied(bodies: Mapping[str, str], current: Release = NOTHING) -> Release:
    return next_release(current, bodies, NOW)[0]


def edited(current: Release, name: str, body: str) -> Release:
    return amended(current, name, body, NOW + timedelta(hours=1))[0]


def test_an_edit_changes_one_document_and_remembers_what_files_said() -> None:
    first = applied({"flag/a": "1", "flag/b": "1"})
    second = edited(edited(first, "flag/a", "2"), "flag/a", "3")
    assert second.version == 3
    assert second.entries["flag/b"] == first.entries["flag/b"]
    assert (second.entries["flag/a"].version, second.entries["flag/a"].base) == (3, digest_of("1"))
    assert second.entries["flag/a"].at_ms == first.entries["flag/a"].at_ms + 3_600_000  # type: ignore[operator]  # both are known


def test_an_edit_back_to_what_files_say_is_no_edit_any_more() -> None:
    back = edited(edited(applied({"flag/a": "1"}), "flag/a", "2"), "flag/a", "1")
    assert (back.entries["flag/a"].version, back.entries["flag/a"].base) == (3, None)


def test_an_edit_that_changes_nothing_leaves_the_release() -> None:
    first = applied({"flag/a": "1"})
    assert amended(first, "flag/a", "1", NOW) == (first, None)


def test_a_document_that_comes_back_by_an_edit_counts_on() -> None:
    gone = applied({"flag/b": "1"}, applied({"flag/a": "1", "flag/b": "1"}))
    back = edited(gone, "flag/a", "2")
    assert (back.entries["flag/a"].version, back.retired) == (2, {})


OLD, EDIT, NEW = "1", "2", "3"
CASES: dict[str, tuple[str | None, str | None, str | None, str]] = {
    "nobody changed it": (OLD, None, OLD, "files"),
    "files changed it": (OLD, None, NEW, "files"),
    "the API changed it": (OLD, EDIT, OLD, "kept"),
    "both changed it": (OLD, EDIT, NEW, "disputed"),
    "both changed it alike": (OLD, EDIT, EDIT, "files"),
    "the API made it": (None, EDIT, None, "kept"),
    "both made it": (None, EDIT, NEW, "disputed"),
    "both made it alike": (None, EDIT, EDIT, "files"),
    "files dropped what the API changed": (OLD, EDIT, None, "disputed"),
    "files dropped it": (OLD, None, None, "files"),
}
"""What files said, what the API made of it, what files say now, and whose word counts."""


@pytest.mark.parametrize(("said", "changed", "says", "expected"), CASES.values(), ids=CASES)
def test_whose_word_counts(
    said: str | None, changed: str | None, says: str | None, expected: str
) -> None:
    release = applied({"flag/other": "1"} | ({"flag/a": said} if said else {}))
    if changed:
        release = edited(release, "flag/a", changed)
    found = reconciled(release, {"flag/other": "1"} | ({"flag/a": says} if says else {}))
    whose = {"flag/a": "files"} | dict.fromkeys(found.kept, "kept")
    assert (whose | dict.fromkeys(found.disputed, "disputed"))["flag/a"] == expected
    assert "flag/other" not in found.kept | found.disputed


NAMES = st.sampled_from(["flag/a", "flag/b", "flag/c"])
BODIES = st.sampled_from([OLD, EDIT, NEW])
FILES = st.dictionaries(NAMES, BODIES)


@given(st.lists(st.one_of(FILES, st.tuples(NAMES, BODIES)), max_size=12), FILES)
def test_whatever_happened_files_that_are_applied_twice_lose_no_edit(
    steps: list[dict[str, str] | tuple[str, str]], files: dict[str, str]
) -> None:
    release = NOTHING
    for step in steps:
        release = edited(release, *step) if isinstance(step, tuple) else applied(step, release)
    kept = reconciled(release, files).kept
    after, _ = next_release(release, files, NOW, kept)
    for name in kept:
        assert after.entries[name] == release.entries[name]
    assert reconciled(after, files).disputed == frozenset()
    assert next_release(after, files, NOW, reconciled(after, files).kept) == (after, [])


def test_only_the_apis_changes_are_no_rivals_of_files() -> None:
    first = applied({"flag/a": "1", "flag/b": "1"})
    assert only_edited(first, edited(first, "flag/a", "2"))
    assert not only_edited(first, applied({"flag/a": "2", "flag/b": "1"}, first))
    assert not only_edited(first, applied({"flag/b": "1"}, first))


def document(version: int = 3, body: str = "{}") -> Document:
    return Document(Kind.FLAG, "a", version, body, digest_of(body))


def test_an_entity_tag_is_of_one_version_and_content() -> None:
    tags = {entity_tag(document(version, body)) for version in (1, 2) for body in ("1", "2")}
    assert len(tags) == 4
    assert all(tag.startswith('"') and tag.endswith('"') for tag in tags)


@pytest.mark.parametrize("header", ["*", "{}", '"x", {}', ' {} ,"y"'])
def test_a_tag_that_is_seen_matches(header: str) -> None:
    check_match(header.replace("{}", entity_tag(document())), document())


@pytest.mark.parametrize("header", ["", '"x"', "W/{}", "3"])
def test_another_tag_does_not_match(header: str) -> None:
    with pytest.raises(PreconditionFailed):
        check_match(header.replace("{}", entity_tag(document())), document())


def test_a_tag_may_be_left_out_only_where_it_is_not_asked_for() -> None:
    check_match(None, document())
    require_match('"x"')
    with pytest.raises(PreconditionRequired):
        require_match(None)
