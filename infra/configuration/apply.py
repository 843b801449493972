"""Publishes a folder of documents as the whole configuration of a workspace, at once.

What the API changed since files were last applied is neither lost nor in the way: files that stay
as they were leave it alone; where both changed, nothing is published until somebody says
`--overwrite`, or takes the change over into the files.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, Protocol

from cairn.configuration.differences import Difference, differences
from cairn.configuration.editing import RESERVE_MS
from cairn.configuration.model import (
    Actor,
    Change,
    Document,
    Publication,
    Release,
    Snapshot,
    address,
    digest_of,
)
from cairn.configuration.publish import next_release
from cairn.configuration.reconcile import only_edited, reconciled
from cairn.experiments.publishable import Together, faults
from cairn.platform.backoff import Backoff
from cairn.platform.clock import Deadline
from cairn.platform.dynamo import ConditionFailed
from cairn.platform.errors import Conflict
from infra.configuration.authored import Authored
from infra.configuration.refusals import Disagreement, OverwriteRefused, RemovalRefused
from infra.configuration.validating import read_configuration

OPERATOR: Final = Actor(via="apply", id="operator")
"""Who applies files where nobody says more."""

DID: Final = "apply"
PATIENCE_MS: Final = 20_000
"""So long files are tried to be published while the API changes flags."""


class Publications(Protocol):
    """Where releases are read and published; `ConfigurationStore` is one."""

    def release(self, workspace: str) -> Release:
        """The current release; version 0 where there is none."""
        ...

    def snapshot(self, release: Release, former: Snapshot | None) -> Snapshot:
        """A release with its documents."""
        ...

    def publish(
        self, release: Release, bodies: Mapping[str, str], publication: Publication
    ) -> None:
        """Publishes; raises `ConditionFailed` when somebody else did meanwhile."""
        ...


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """What happens to one document.

    Attributes:
        action: `keep` is what the API changed, and files leave alone.
        before: its published version; None for a new one.
        after: the version that it gets; None for one that is removed.
        differences: key by key, for one that changes; for one that is kept, from what the files
            say to what is published.
    """

    address: str
    action: Literal["add", "change", "remove", "keep"]
    before: int | None
    after: int | None
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying did, or would do.

    Attributes:
        release: the release that is current afterwards.
        changes: by address; empty where the files say what is already published.
        kept: documents that the API changed, and the files don't.
        published: False for a dry run and where nothing changes.
        documents: how many documents the files hold.
    """

    release: Release
    changes: tuple[DocumentChange, ...]
    kept: tuple[DocumentChange, ...]
    published: bool
    documents: int


@dataclass(frozen=True, slots=True)
class Choices:
    """What whoever applies files has chosen.

    Attributes:
        dry_run: only says what would change.
        remove: whether published documents that the files don't hold may go.
        overwrite: whether files undo what the API changed.
    """

    dry_run: bool = False
    remove: bool = False
    overwrite: bool = False


def apply(  # noqa: PLR0913  # what, where to, when, and how
    path: Path,
    store: Publications,
    *,
    workspace: str,
    now: datetime,
    by: Actor = OPERATOR,
    choices: Choices = Choices(),  # frozen
) -> Applied:
    """Makes the documents below `path` the published configuration of `workspace`.

    Everything is validated before anything is written, and the new release replaces the old one
    in one write; unchanged documents keep their version.

    Args:
        path: a folder or one file.
        store: where to.
        workspace: whose.
        now: the instant of publication.
        by: who applies them.
        choices: see there.

    Raises:
        InvalidConfiguration: with all problems.
        RemovalRefused: documents would go, and that is not chosen.
        OverwriteRefused: changes of the API would be lost, and that is not chosen.
        Disagreement: files do not go together with changes of the API.
        Conflict: somebody else applied files meanwhile; nothing was changed.
    """
    authored = read_configuration(path, lambda: now)
    return publish(authored, store, workspace=workspace, now=now, by=by, choices=choices)


def publish(  # noqa: PLR0913  # the same, of documents that were read
    authored: Sequence[Authored],
    store: Publications,
    *,
    workspace: str,
    now: datetime,
    by: Actor = OPERATOR,
    choices: Choices = Choices(),  # frozen
) -> Applied:
    """See `apply`; takes documents that were read and validated."""
    bodies = {each.address: each.body for each in authored}
    for _ in Backoff(Deadline.within(PATIENCE_MS)).attempts(RESERVE_MS):
        current = store.release(workspace)
        before = store.snapshot(current, None)
        kept = _kept(current, bodies, choices)
        release, changes = next_release(current, bodies, now, kept)
        _refuse_removal(changes, allowed=choices.remove)
        _refuse_disagreement([before.documents[name] for name in kept], authored, now)
        published = release is not current and not choices.dry_run
        publication = _publication(release, changes, by, now)
        if published and not _published(store, current, release, publication, bodies):
            continue
        return Applied(
            release=current if choices.dry_run else release,
            changes=tuple(_told(change, before, bodies) for change in changes),
            kept=tuple(_left(name, before, bodies) for name in sorted(kept)),
            published=published,
            documents=len(bodies),
        )
    raise Conflict("The configuration keeps changing.", code="configuration.contended")


def _kept(current: Release, bodies: Mapping[str, str], choices: Choices) -> frozenset[str]:
    """What stays as the API left it."""
    if choices.overwrite:
        return frozenset()
    found = reconciled(current, bodies)
    disputed = [name for name in sorted(found.disputed) if name in bodies or choices.remove]
    if disputed:
        raise OverwriteRefused(disputed)
    return found.kept


def _publication(
    release: Release, changes: Sequence[Change], by: Actor, now: datetime
) -> Publication:
    return Publication(release=release.version, at=now, by=by, did=DID, changes=tuple(changes))


def _published(
    store: Publications,
    current: Release,
    release: Release,
    publication: Publication,
    bodies: Mapping[str, str],
) -> bool:
    """Publishes; False where only the API was faster, so that it can be tried again.

    Raises:
        ConditionFailed: somebody else applied files meanwhile.
    """
    try:
        store.publish(release, _new_bodies(publication.changes, bodies), publication)
    except ConditionFailed:
        if not only_edited(current, store.release(current.workspace)):
            raise
        return False
    return True


def _refuse_removal(changes: Sequence[Change], *, allowed: bool) -> None:
    removed = [change.address for change in changes if change.action == "remove"]
    if removed and not allowed:
        raise RemovalRefused(removed)


def _refuse_disagreement(
    kept: Sequence[Document], authored: Sequence[Authored], now: datetime
) -> None:
    """Refuses files that do not go together with what the API made of other documents."""
    if not kept:
        return
    names = {address(each.kind, each.id) for each in kept}
    written = [each.document for each in authored if each.address not in names]
    found = faults(Together.of([*kept, *written]), now)
    if found:
        raise Disagreement(found)


def _new_bodies(changes: Sequence[Change], bodies: Mapping[str, str]) -> dict[str, str]:
    wanted = [bodies[each.address] for each in changes if each.action != "remove"]
    return {digest_of(body): body for body in wanted}


def _told(change: Change, before: Snapshot, bodies: Mapping[str, str]) -> DocumentChange:
    published = before.documents.get(change.address)
    written = bodies.get(change.address)
    found: list[Difference] = []
    if published is not None and written is not None:
        found = differences(json.loads(published.body), json.loads(written))
    return DocumentChange(
        address=change.address,
        action=change.action,
        before=published.version if published else None,
        after=change.version if written is not None else None,
        differences=tuple(found),
    )


def _left(name: str, before: Snapshot, bodies: Mapping[str, str]) -> DocumentChange:
    """A document that stays as the API left it."""
    published = before.documents[name]
    written = bodies.get(name)
    found = differences(json.loads(written), json.loads(published.body)) if written else []
    return DocumentChange(name, "keep", published.version, published.version, tuple(found))
