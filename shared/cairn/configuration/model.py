"""The words of configuration: documents, releases, snapshots, and who published what.

A document is kept under the digest of its content, so publishing it twice changes nothing. A
release names, for one workspace, the version and digest of every document; replacing the one
release item publishes everything at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

SCHEMA: Final = 1

MOST_DOCUMENTS: Final = 1_000
"""Documents up to which the API adds others: so a release, which is one item, has room for a change
of each of them."""


class Kind(StrEnum):
    """What a document describes."""

    FLOW = "flow"
    FLAG = "flag"
    SEGMENT = "segment"
    ALERT = "alert"
    TELEMETRY = "telemetry"
    MODELS = "models"
    PROMPT = "prompt"
    METRIC = "metric"
    EXPERIMENT = "experiment"


@dataclass(frozen=True, slots=True)
class Document:
    """One published document.

    Attributes:
        version: counts the document's own changes, from 1.
        body: its canonical JSON.
        digest: SHA-256 of the body, in hex.
        at_ms: when this version was published, milliseconds since 1970; None where that is not
            known.
    """

    kind: Kind
    id: str
    version: int
    body: str
    digest: str
    at_ms: int | None = None


class Entry(BaseModel):
    """What a release says of one document.

    Attributes:
        base: the digest that files said last, where the API changed the document since; empty
            where files never held it; None where files and the release agree.
        at_ms: when the version was published, milliseconds since 1970; a number, because every
            decision reads the whole release.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    version: int
    digest: str
    base: str | None = None
    at_ms: int | None = None

    def document(self, kind: Kind, identifier: str, body: str) -> Document:
        """The document that it is said of."""
        return Document(kind, identifier, self.version, body, self.digest, self.at_ms)


class Release(BaseModel):
    """Everything that is published in a workspace, by `<kind>/<id>`.

    Attributes:
        version: counts the workspace's releases, from 1; 0 where nothing was ever published.
        retired: the last version of each document that was removed, so that one which comes back
            counts on.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    schema_version: int = SCHEMA
    workspace: str
    version: int
    published_at: datetime | None = None
    entries: Mapping[str, Entry] = {}
    retired: Mapping[str, int] = {}


@dataclass(frozen=True, slots=True)
class Change:
    """What a release does to one document.

    Attributes:
        version: the document's version afterwards; of one that goes, its last.
        before: the digest of what it was; None for a new one.
        after: the digest of what it is; None for one that goes.
    """

    address: str
    action: Literal["add", "change", "remove"]
    version: int
    before: str | None
    after: str | None


class Actor(BaseModel):
    """Who publishes.

    Attributes:
        via: the management API, files at a command line, or the analysis of experiments.
        id: of the key; of the command line, its user; of the analysis, the experiment.
        name: what people call the key.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    via: Literal["api", "apply", "analyze"]
    id: str
    name: str = ""


class Publication(BaseModel):
    """What is kept for good of one release: who published it, when, and what it changed.

    Attributes:
        release: its version.
        did: the verb, such as `rollout`; `apply` for files.
        trace_id: of the request.
        changes: by address; documents are told by their digests, under which they are kept.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    schema_version: int = SCHEMA
    release: int
    at: datetime
    by: Actor
    did: str
    trace_id: str | None = None
    changes: tuple[Change, ...]

    def of(self, address: str) -> Change | None:
        """What it did to one document, if anything."""
        return next((each for each in self.changes if each.address == address), None)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A release with its documents at hand."""

    workspace: str
    version: int
    documents: Mapping[str, Document]

    def of_kind(self, kind: Kind) -> list[Document]:
        """All documents of a kind."""
        return [each for each in self.documents.values() if each.kind is kind]

    def find(self, kind: Kind, identifier: str) -> Document | None:
        """One document, or None."""
        return self.documents.get(address(kind, identifier))


def address(kind: Kind, identifier: str) -> str:
    """The name of a document in a release: `<kind>/<id>`."""
    return f"{kind}/{identifier}"


def digest_of(body: str) -> str:
    """SHA-256 of a document's canonical JSON, in hex."""
    return sha256(body.encode()).hexdigest()
