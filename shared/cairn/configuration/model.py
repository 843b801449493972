"""The words of configuration: documents, releases, snapshots.

A document is kept under the digest of its content, so publishing it twice changes nothing. A
release names, for one workspace, the version and digest of every document; replacing the one
release item publishes everything at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final

from pydantic import BaseModel, ConfigDict

SCHEMA: Final = 1


class Kind(StrEnum):
    """What a document describes."""

    FLOW = "flow"
    FLAG = "flag"
    ALERT = "alert"
    TELEMETRY = "telemetry"
    MODELS = "models"
    PROMPT = "prompt"


@dataclass(frozen=True, slots=True)
class Document:
    """One published document.

    Attributes:
        version: counts the document's own changes, from 1.
        body: its canonical JSON.
        digest: SHA-256 of the body, in hex.
    """

    kind: Kind
    id: str
    version: int
    body: str
    digest: str


class Entry(BaseModel):
    """What a release says of one document."""

    model_config = ConfigDict(frozen=True)

    version: int
    digest: str


class Release(BaseModel):
    """Everything that is published in a workspace, by `<kind>/<id>`.

    Attributes:
        version: counts the workspace's releases, from 1; 0 where nothing was ever published.
        retired: the last version of each document that was removed, so that one which comes back
            counts on.
    """

    model_config = ConfigDict(frozen=True)

    schema_version: int = SCHEMA
    workspace: str
    version: int
    published_at: datetime | None = None
    entries: Mapping[str, Entry] = {}
    retired: Mapping[str, int] = {}


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
