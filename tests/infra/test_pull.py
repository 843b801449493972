"""Taking over into files what the API changed; on moto."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.configuration.canonical import canonical_json
from cairn.configuration.editing import Signature, edited
from cairn.configuration.model import Actor, Document, Kind
from cairn.configuration.store import ConfigurationStore
from cairn.flags.documents import FlagDocument
from cairn.platform.backoff import Backoff
from cairn.platform.clock import Deadline
from cairn.platform.dynamo import Dynamo
from infra.configuration.apply import apply
from infra.configuration.pull import pull, yaml_of
from infra.configuration.reading import read_file
from tests.functions.cloud import ACCOUNT_VARIABLES, cloud

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
BY = Actor(via="api", id="key_1", name="ada")

FILE = """\
# Flags of the shop.

# The first one.
kind: flag
id: a
type: boolean
default: on # goes with the document
---
# The second one.
kind: flag
id: b
type: boolean
default: on
--- {kind: flag, id: c, type: boolean, default: on}
"""


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[ConfigurationStore]:
    for name, value in ACCOUNT_VARIABLES.items():
        monkeypatch.setenv(name, value)
    with cloud() as created:
        yield ConfigurationStore(Dynamo(boto3.client("dynamodb")), created.table("config"))


def edit(store: ConfigurationStore, name: str, **fields: object) -> None:
    flag = {"kind": "flag", "id": name, "type": "boolean", "default": "on", **fields}
    edited(
        store,
        lambda release: store.snapshot(release, None),
        Signature("demo", BY, "update", NOW, "0" * 32),
        lambda _: canonical_json(FlagDocument.model_validate(flag)),
        Backoff(Deadline.within(5_000)),
        kind=Kind.FLAG,
        identifier=name,
    )


def test_what_the_api_changed_stands_in_the_files_and_the_rest_stays(
    store: ConfigurationStore, tmp_path: Path
) -> None:
    file = tmp_path / "flags.yaml"
    file.write_text(FILE)
    apply(tmp_path, store, workspace="demo", now=NOW)
    edit(store, "a", enabled=False)
    edit(store, "c", rules=[{"id": "r", "split": {"on": 1.0}, "coverage": 0.25}])
    edit(store, "made", tags=["new"])

    pulled = pull(tmp_path, store, workspace="demo")

    assert [(each.address, each.action, each.version) for each in pulled] == [
        ("flag/c", "change", 2),
        ("flag/a", "change", 2),
        ("flag/made", "add", 1),
    ]
    assert (
        file.read_text()
        == """\
# Flags of the shop.

# The first one.
kind: flag
id: a
type: boolean
enabled: false
default: on
---
# The second one.
kind: flag
id: b
type: boolean
default: on
---
kind: flag
id: c
type: boolean
default: on
rules:
- id: r
  split: {on: 1.0}
  coverage: 0.25
"""
    )
    assert (tmp_path / "flag-made.yaml").exists()


def test_what_was_taken_over_is_applied_as_it_was(
    store: ConfigurationStore, tmp_path: Path
) -> None:
    (tmp_path / "flags.yaml").write_text(FILE)
    apply(tmp_path, store, workspace="demo", now=NOW)
    edit(store, "a", enabled=False)
    edit(store, "made")
    before = store.release("demo")

    pull(tmp_path, store, workspace="demo")
    applied = apply(tmp_path, store, workspace="demo", now=NOW)

    assert (applied.changes, applied.kept) == ((), ())
    after = store.release("demo")
    assert {name: it.digest for name, it in after.entries.items()} == {
        name: it.digest for name, it in before.entries.items()
    }
    assert all(entry.base is None for entry in after.entries.values())
    assert pull(tmp_path, store, workspace="demo") == []


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.sampled_from(["on", "no", "1e3", "0o7", "~", "2026-11-20", "---", "a: b", "# c", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("ab1-~", min_size=1), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_a_written_document_is_read_as_the_same(
    tmp_path_factory: pytest.TempPathFactory, value: object
) -> None:
    body = json.dumps({"kind": "flag", "value": value})
    file = tmp_path_factory.getbasetemp() / "document.yaml"
    file.write_text(yaml_of(Document(Kind.FLAG, "a", 1, body, "")), encoding="utf-8")
    (found,), problems = read_file(file)
    assert problems == []
    assert json.dumps(found.reading.value) == body
