"""Changing one published document, whatever happens to the others meanwhile."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from cairn.configuration.model import (
    Actor,
    Change,
    Document,
    Kind,
    Publication,
    Release,
    Snapshot,
    address,
)
from cairn.configuration.publish import amended
from cairn.platform.backoff import Backoff
from cairn.platform.dynamo import ConditionFailed
from cairn.platform.errors import Unavailable
from cairn.platform.idempotency import Repeatable

RESERVE_MS: Final = 500
"""Kept of the deadline for an attempt and the answer."""


class Publications(Protocol):
    """Where releases are read and published."""

    def release(self, workspace: str) -> Release:
        """The current release; version 0 where there is none."""
        ...

    def publish(
        self,
        release: Release,
        bodies: Mapping[str, str],
        publication: Publication,
        repeatable: Repeatable | None = None,
    ) -> None:
        """Publishes; raises `ConditionFailed` when somebody else did meanwhile."""
        ...


@dataclass(frozen=True, slots=True)
class Signature:
    """Who changes something, and how it is told.

    Attributes:
        did: the verb, such as `rollout`.
        trace_id: of the request.
        repeatable: the request, where it came with an Idempotency-Key.
    """

    workspace: str
    by: Actor
    did: str
    now: datetime
    trace_id: str
    repeatable: Repeatable | None = None

    def under(self, release: Release, change: Change) -> Publication:
        """What is kept of a release that makes one change."""
        return Publication(
            release=release.version,
            at=self.now,
            by=self.by,
            did=self.did,
            trace_id=self.trace_id,
            changes=(change,),
        )


@dataclass(frozen=True, slots=True)
class Edited:
    """What became of a document.

    Attributes:
        before: as it was; None for a new one.
        after: as it is, or would be.
        published: False for a dry run and where nothing changed.
    """

    before: Document | None
    after: Document
    published: bool


type Edit = Callable[[Snapshot], str]
"""Gives the document's new canonical JSON, in view of all that is published, or refuses."""


def edited(  # noqa: PLR0913  # what, where, who, how
    store: Publications,
    observe: Callable[[Release], Snapshot],
    signature: Signature,
    edit: Edit,
    backoff: Backoff,
    *,
    kind: Kind,
    identifier: str,
    dry_run: bool = False,
) -> Edited:
    """Changes one document, or adds it; every other one stays as it is at that moment.

    Whoever publishes meanwhile is not overtaken: `edit` is asked again, over what they published.

    Args:
        store: where releases are.
        observe: gives a release with its documents.
        signature: who does it.
        edit: what is to be done; asked once for each attempt.
        backoff: how long it is tried while others publish.
        kind: of the document.
        identifier: of the document.
        dry_run: only says what would become of it.

    Raises:
        Unavailable: others publish all the time, or a dependency is down.
    """
    name = address(kind, identifier)
    for _ in backoff.attempts(RESERVE_MS):
        current = store.release(signature.workspace)
        snapshot = observe(current)
        body = edit(snapshot)
        release, change = amended(current, name, body, signature.now)
        before = snapshot.documents.get(name)
        after = release.entries[name].document(kind, identifier, body)
        if change is None or dry_run:
            return Edited(before, after, published=False)
        publication = signature.under(release, change)
        try:
            store.publish(release, {after.digest: body}, publication, signature.repeatable)
        except ConditionFailed:
            continue
        return Edited(before, after, published=True)
    raise Unavailable(
        "The configuration keeps changing; try again.", code="configuration.contended"
    )
