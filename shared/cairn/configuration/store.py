"""Where configuration is kept: documents by digest, one release item, a registry of workspaces.

Of every release its publication is kept, written in the release's own transaction: no change
without its record. Which publications changed a document stands in an index, written before; an
entry of it counts only where the publication says the same, so that one left behind by who came
second tells nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from cairn.configuration.history import History, Mark, Recorded
from cairn.configuration.model import (
    SCHEMA,
    Document,
    Entry,
    Kind,
    Publication,
    Release,
    Snapshot,
)
from cairn.platform.clock import epoch_ms
from cairn.platform.dynamo import Action, Address, Condition, Dynamo, Item, Key, Put
from cairn.platform.errors import StoreUnavailable
from cairn.platform.idempotency import Repeatable

CURRENT: Final = "current"
PAGE: Final = 50
"""Changes that are read at once by those who look into the past."""

MARK: Final = "mark"
MARKED: Final = timedelta(days=1)
"""How long an Idempotency-Key is remembered."""

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
        kept |= self.bodies(release.workspace, missing)
        documents = {
            name: _document(name, entry, kept[entry.digest])
            for name, entry in release.entries.items()
        }
        return Snapshot(release.workspace, release.version, documents)

    def bodies(self, workspace: str, digests: Sequence[str]) -> Mapping[str, str]:
        """Documents, published once or still, by their digest.

        Raises:
            StoreUnavailable: one is missing, or tables are down.
        """
        read = self._dynamo.get_many(
            [(self._table, _document_key(workspace, digest)) for digest in digests]
        )
        found = {
            digest: str(item["body"]) for digest, item in zip(digests, read, strict=True) if item
        }
        if len(found) < len(set(digests)):
            raise StoreUnavailable("A published document is missing.")
        return found

    def entry(self, workspace: str, name: str, version: int) -> Entry | None:
        """What a past or current release said of a document's version, or None.

        Reads the document's history from the newest change on; for those who look into the past,
        not for requests that somebody waits for.
        """
        before: int | None = None
        while True:
            found = self.history(workspace, name, before, PAGE)
            for each in found.changes:
                if each.change.version == version and each.change.after is not None:
                    at_ms = epoch_ms(each.publication.at)
                    return Entry(version=version, digest=each.change.after, at_ms=at_ms)
            before = found.following
            if before is None:
                return None

    def history(self, workspace: str, name: str, before: int | None, limit: int) -> History:
        """Who changed a document, newest first: one page.

        Args:
            workspace: whose.
            name: `<kind>/<id>`.
            before: only what was published before this release.
            limit: changes of the page, at most.
        """
        between = None if before is None else (_release(0), _release(before - 1))
        page = self._dynamo.page(
            self._table, _index(workspace, name), between=between, newest_first=True, limit=limit
        )
        following = int(str(page.items[-1]["sk"])) if page.following else None
        return History(tuple(self._recorded(workspace, name, page.items)), following)

    def _recorded(self, workspace: str, name: str, index: Sequence[Item]) -> list[Recorded]:
        """What the publications say to which an index points."""
        keys = [Key(_publications(workspace), str(item["sk"])) for item in index]
        read = self._dynamo.get_many([(self._table, key) for key in keys])
        told = [Publication.model_validate_json(str(item["body"])) for item in read if item]
        return [Recorded(each, change) for each in told if (change := each.of(name))]

    def mark(self, workspace: str, repeatable: Repeatable, now: datetime) -> Mark | None:
        """What an earlier request with the same Idempotency-Key made."""
        item = self._dynamo.get(self._table, _mark_key(workspace, repeatable.key))
        if item is None or int(str(item["expires_at"])) <= now.timestamp():
            return None
        return Mark(request=str(item["request"]), made=str(item["made"]))

    def publish(
        self,
        release: Release,
        bodies: Mapping[str, str],
        publication: Publication,
        repeatable: Repeatable | None = None,
    ) -> None:
        """Publishes a release: first its documents, which nothing names yet, then the pointer.

        Args:
            release: the release, one version above the current one.
            bodies: canonical JSON by digest, of every document that may be new.
            publication: its record.
            repeatable: the request, where it came with an Idempotency-Key.

        Raises:
            ConditionFailed: somebody else published meanwhile.
        """
        self._dynamo.put_all(
            self._table,
            [
                *(_document_item(release.workspace, *each) for each in bodies.items()),
                *_index_items(release.workspace, publication),
            ],
        )
        actions: list[Action] = [*self._pointers(release), self._publication(release, publication)]
        if repeatable is not None:
            actions.append(self._mark(release.workspace, repeatable, publication))
        self._dynamo.transact(actions)

    def _publication(self, release: Release, publication: Publication) -> Put:
        item: Item = {
            "pk": _publications(release.workspace),
            "sk": _release(publication.release),
            "schema": publication.schema_version,
            "body": publication.model_dump_json(),
        }
        return Put(self._table, item)

    def _mark(self, workspace: str, repeatable: Repeatable, publication: Publication) -> Put:
        now = publication.at
        key = _mark_key(workspace, repeatable.key)
        item: Item = {
            "pk": key.pk,
            "sk": key.sk,
            "schema": SCHEMA,
            "request": repeatable.request,
            "made": publication.changes[0].address,
            "expires_at": int((now + MARKED).timestamp()),
        }
        free = Condition(
            "attribute_not_exists(pk) OR expires_at <= :now", {":now": int(now.timestamp())}
        )
        return Put(self._table, item, free)

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


def _release(version: int) -> str:
    """A release's version as a sort key."""
    return f"{version:08d}"


def _publications(workspace: str) -> str:
    return f"{workspace}#publication#all"


def _index(workspace: str, name: str) -> str:
    return f"{workspace}#history#{name}"


def _index_items(workspace: str, publication: Publication) -> list[Item]:
    return [
        {
            "pk": _index(workspace, change.address),
            "sk": _release(publication.release),
            "schema": SCHEMA,
        }
        for change in publication.changes
    ]


def _mark_key(workspace: str, digest: str) -> Key:
    return Key(f"{workspace}#idempotency#{digest}", MARK)


def _document_item(workspace: str, digest: str, body: str) -> Item:
    key = _document_key(workspace, digest)
    return {"pk": key.pk, "sk": key.sk, "schema": SCHEMA, "body": body}


def _document_key(workspace: str, digest: str) -> Key:
    return Key(f"{workspace}#document#{digest}", "body")


def _document(name: str, entry: Entry, body: str) -> Document:
    kind, _, identifier = name.partition("/")
    return entry.document(Kind(kind), identifier, body)
