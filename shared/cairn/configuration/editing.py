"""Changing one published document, whatever happens to the others meanwhile."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from cairn.configuration.model import (
    Actor,
    Document,
    Kind,
    Publication,
    Release,
    Snapshot,
    address,
)
from cairn.configuration.publish import amended
from cairn.platform.dynamo import ConditionFailed
from cairn.platform.errors import Conflict
from cairn.platform.idempotency import Repeatable

ATTEMPTS: Final = 5
"""How often a change is tried while others publish."""


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
        kind: of the document.
        identifier: of the document.
        dry_run: only says what would become of it.

    Raises:
        Conflict: others publish all the time.
    """
    name = address(kind, identifier)
    for _ in range(ATTEMPTS):
        current = store.release(signature.workspace)
        snapshot = observe(current)
        body = edit(snapshot)
        release, change = amended(current, name, body, signature.now)
        entry = release.entries[name]
        after = Document(kind, identifier, entry.version, body, entry.digest, entry.at_ms)
        if change is None or dry_run:
            return Edited(snapshot.documents.get(name), after, published=False)
        publication = Publication(
            release=release.version,
            at=signature.now,
            by=signature.by,
            did=signature.did,
            trace_id=signature.trace_id,
            changes=(change,),
        )
        try:
            store.publish(release, {entry.digest: body}, publication, signature.repeatable)
        except ConditionFailed:
            continue
        return Edited(snapshot.documents.get(name), after, published=True)
    raise Conflict(
        "The configuration is changing all the time; try again.", code="configuration.contended"
    )
