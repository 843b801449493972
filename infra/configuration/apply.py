"""Publishes a folder of documents as the whole configuration of a workspace, at once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from cairn.configuration.model import Release, Snapshot, digest_of
from cairn.configuration.publish import Change, next_release
from cairn.platform.errors import Unprocessable
from infra.configuration.authored import Authored
from infra.configuration.differences import Difference, differences
from infra.configuration.validating import read_configuration


class Publications(Protocol):
    """Where releases are read and published; `ConfigurationStore` is one."""

    def release(self, workspace: str) -> Release:
        """The current release; version 0 where there is none."""
        ...

    def snapshot(self, release: Release, former: Snapshot | None) -> Snapshot:
        """A release with its documents."""
        ...

    def publish(self, release: Release, bodies: Mapping[str, str]) -> None:
        """Publishes; raises `Conflict` when somebody else did meanwhile."""
        ...


class RemovalRefused(Unprocessable):
    """Published documents are missing in the files, and nobody said that they shall go."""

    def __init__(self, addresses: list[str]) -> None:
        super().__init__(
            f"This would remove {', '.join(addresses)}; say --remove if that is meant.",
            code="configuration.removal_refused",
        )


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """What happens to one document.

    Attributes:
        before: its published version; None for a new one.
        after: the version that it gets; None for one that is removed.
        differences: key by key, for one that changes.
    """

    address: str
    action: Literal["add", "change", "remove"]
    before: int | None
    after: int | None
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying did, or would do.

    Attributes:
        release: the release that is current afterwards.
        changes: by address; empty where the files say what is already published.
        published: False for a dry run and where nothing changes.
        documents: how many documents the files hold.
    """

    release: Release
    changes: tuple[DocumentChange, ...]
    published: bool
    documents: int


def apply(  # noqa: PLR0913  # what, where to, when, and three choices
    path: Path,
    store: Publications,
    *,
    workspace: str,
    now: datetime,
    dry_run: bool = False,
    remove: bool = False,
) -> Applied:
    """Makes the documents below `path` the whole published configuration of `workspace`.

    Everything is validated before anything is written, and the new release replaces the old one
    in one write; unchanged documents keep their version.

    Args:
        path: a folder or one file.
        store: where to.
        workspace: whose.
        now: the instant of publication.
        dry_run: only says what would change.
        remove: whether published documents that the files don't hold may go.

    Raises:
        InvalidConfiguration: with all problems.
        RemovalRefused: documents would go without `remove`.
        Conflict: somebody else published meanwhile; nothing was changed.
    """
    return publish(
        read_configuration(path),
        store,
        workspace=workspace,
        now=now,
        dry_run=dry_run,
        remove=remove,
    )


def publish(  # noqa: PLR0913  # the same, of documents that were read
    authored: Sequence[Authored],
    store: Publications,
    *,
    workspace: str,
    now: datetime,
    dry_run: bool = False,
    remove: bool = False,
) -> Applied:
    """See `apply`; takes documents that were read and validated."""
    bodies = {each.address: each.body for each in authored}
    current = store.release(workspace)
    release, changes = next_release(current, bodies, now)
    before = store.snapshot(current, None)
    told = tuple(_told(change, before, bodies) for change in changes)
    _refuse_removal(changes, allowed=remove)
    if changes and not dry_run:
        store.publish(release, _new_bodies(changes, bodies))
    published = bool(changes) and not dry_run
    return Applied(current if dry_run else release, told, published, len(bodies))


def _refuse_removal(changes: list[Change], *, allowed: bool) -> None:
    removed = [change.address for change in changes if change.action == "remove"]
    if removed and not allowed:
        raise RemovalRefused(removed)


def _new_bodies(changes: list[Change], bodies: Mapping[str, str]) -> dict[str, str]:
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
