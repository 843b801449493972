"""Where configuration is kept: documents by digest, one release item, a registry of workspaces."""

from collections.abc import Mapping
from typing import Final

from cairn.configuration.model import SCHEMA, Document, Entry, Kind, Release, Snapshot
from cairn.platform.dynamo import Address, Condition, Dynamo, Item, Key, Put
from cairn.platform.errors import StoreUnavailable

CURRENT: Final = "current"
PAST: Final = "release#"
REGISTRY: Final = "_system#workspaces#all"


class ConfigurationStore:
    """Releases and documents of all workspaces, in the config table."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        self._dynamo = dynamo
        self._table = table

    def pointer(self, workspace: str) -> Address:
        """Where a workspace's release is; for those who read it along with other items."""
        return self._table, Key(f"{workspace}#release#all", CURRENT)

    def release(self, workspace: str) -> Release:
        """The current release; version 0 where nothing was ever published."""
        table, key = self.pointer(workspace)
        return release_of(workspace, self._dynamo.get(table, key))

    def snapshot(self, release: Release, former: Snapshot | None) -> Snapshot:
        """A release with its documents; reads only those that `former` does not have."""
        kept = {each.digest: each.body for each in former.documents.values()} if former else {}
        missing = [entry.digest for entry in release.entries.values() if entry.digest not in kept]
        read = self._dynamo.get_many(
            [(self._table, _document_key(release.workspace, digest)) for digest in missing]
        )
        for digest, item in zip(missing, read, strict=True):
            if item is None:
                raise StoreUnavailable("A published document is missing.")
            kept[digest] = str(item["body"])
        documents = {
            name: _document(name, entry, kept[entry.digest])
            for name, entry in release.entries.items()
        }
        return Snapshot(release.workspace, release.version, documents)

    def entry(self, workspace: str, name: str, version: int) -> Entry | None:
        """What a past or current release said of a document's version, or None.

        Reads releases from the newest on; for those who look into the past, not for requests
        that somebody waits for.
        """
        table, key = self.pointer(workspace)
        for item in self._dynamo.query(table, key.pk, prefix=PAST, newest_first=True):
            found = release_of(workspace, item).entries.get(name)
            if found is not None and found.version == version:
                return found
        return None

    def publish(self, release: Release, bodies: Mapping[str, str]) -> None:
        """Publishes a release: first its documents, which nothing names yet, then the pointer.

        Args:
            release: the release, one version above the current one.
            bodies: canonical JSON by digest, of every document that may be new.

        Raises:
            ConditionFailed: somebody else published meanwhile.
        """
        for digest, body in bodies.items():
            key = _document_key(release.workspace, digest)
            item: Item = {"pk": key.pk, "sk": key.sk, "schema": SCHEMA, "body": body}
            self._dynamo.write(Put(self._table, item))
        self._dynamo.transact(self._pointers(release))

    def _pointers(self, release: Release) -> list[Put]:
        _, key = self.pointer(release.workspace)
        body = release.model_dump_json()
        item: Item = {"pk": key.pk, "schema": SCHEMA, "version": release.version, "body": body}
        follows = Condition(
            "attribute_not_exists(pk) OR #version = :former",
            {":former": release.version - 1},
            {"#version": "version"},
        )
        registered: Item = {"pk": REGISTRY, "sk": release.workspace, "schema": SCHEMA}
        return [
            Put(self._table, {**item, "sk": CURRENT}, follows),
            Put(self._table, {**item, "sk": f"{PAST}{release.version:08d}"}),
            Put(self._table, registered),
        ]

    def workspaces(self) -> list[str]:
        """Every workspace that ever published something."""
        return [str(item["sk"]) for item in self._dynamo.query(self._table, REGISTRY)]


def release_of(workspace: str, item: Item | None) -> Release:
    """A release from its stored item; version 0 where there is none."""
    if item is None:
        return Release(workspace=workspace, version=0)
    return Release.model_validate_json(str(item["body"]))


def _document_key(workspace: str, digest: str) -> Key:
    return Key(f"{workspace}#document#{digest}", "body")


def _document(name: str, entry: Entry, body: str) -> Document:
    kind, _, identifier = name.partition("/")
    return Document(Kind(kind), identifier, entry.version, body, entry.digest)
