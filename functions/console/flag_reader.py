"""Flags as those read them who manage them: as they are now, and as they were."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from pydantic import ValidationError

from cairn.access.model import Principal, Scope
from cairn.configuration.history import Recorded
from cairn.configuration.model import Document, Kind, Snapshot, address
from cairn.flags.documents import FlagDocument
from cairn.flags.listing import Listed
from cairn.flags.stale import stale_reasons
from cairn.platform.clock import Deadline
from cairn.platform.errors import NotFound, Unavailable
from cairn.platform.observability.invocation import Invocation
from functions.console.context import caller, deadline_of, line_of, wiring_of
from functions.console.flag_views import FlagChange, FlagHistory, FlagView, instant_of
from functions.console.wiring import Wiring


@dataclass(frozen=True, slots=True)
class FlagReader:
    """Somebody who may read the flags of one workspace."""

    wired: Wiring
    principal: Principal
    line: Invocation
    deadline: Deadline

    def listed(self) -> list[Listed]:
        """All flags, as they are now; those that another version of Cairn wrote are left out."""
        found = self._snapshot().of_kind(Kind.FLAG)
        flags = [(each, _understood(each)) for each in found]
        listed = [Listed(each, flag, self._stale(each, flag)) for each, flag in flags if flag]
        if len(listed) < len(flags):
            self.line.warn(flags_unreadable=len(flags) - len(listed))
        return listed

    def find(self, key: str, version: int | None = None) -> Document:
        """One flag, as it is now or as it was in a version.

        Raises:
            NotFound: there is none.
        """
        document = found_in(self._snapshot(), key)
        if version is None or version == document.version:
            return document
        return self._past(key, version)

    def view(self, document: Document) -> FlagView:
        """What is shown of a flag.

        Raises:
            Unavailable: another version of Cairn wrote it.
        """
        flag = readable(document)
        return FlagView(
            key=document.id,
            version=document.version,
            changed_at=instant_of(document),
            stale=self._stale(document, flag),
            document=flag,
        )

    def history(self, key: str, before: int | None, limit: int) -> FlagHistory:
        """Who changed a flag, newest first; also of one that is gone.

        Raises:
            NotFound: there never was one.
        """
        name = address(Kind.FLAG, key)
        found = self.wired.configuration.history(self.principal.workspace, name, before, limit)
        if not found.changes and before is None and found.following is None:
            raise no_flag()
        bodies = self._bodies(found.changes)
        return FlagHistory(
            changes=[FlagChange.of(each, bodies) for each in found.changes], next=found.following
        )

    def _stale(self, document: Document, flag: FlagDocument) -> tuple[str, ...]:
        return stale_reasons(flag, self.wired.clock(), instant_of(document))

    def _snapshot(self) -> Snapshot:
        """What is published at this moment."""
        release = self.wired.configuration.release(self.principal.workspace)
        return self.wired.snapshots.observe(release)

    def _past(self, key: str, version: int) -> Document:
        workspace = self.principal.workspace
        entry = self.wired.configuration.entry(workspace, address(Kind.FLAG, key), version)
        if entry is None:
            raise NotFound("The flag has no such version.", code="flag.version_not_found")
        body = self.wired.configuration.bodies(workspace, [entry.digest])[entry.digest]
        return entry.document(Kind.FLAG, key, body)

    def _bodies(self, changes: Sequence[Recorded]) -> Mapping[str, str]:
        digests = {
            digest
            for each in changes
            for digest in (each.change.before, each.change.after)
            if digest is not None
        }
        return self.wired.configuration.bodies(self.principal.workspace, sorted(digests))


def reader(scope: Scope) -> Callable[[Request], FlagReader]:
    """A dependency: somebody who may do `scope`, and read flags.

    Its errors are those of `KeyRing.authenticate`.
    """
    authenticated = caller(scope)

    def reading(request: Request) -> FlagReader:
        return FlagReader(
            wiring_of(request), authenticated(request), line_of(request), deadline_of(request)
        )

    return reading


type Reading = Annotated[FlagReader, Depends(reader(Scope.READ_FLAGS))]


def found_in(snapshot: Snapshot, key: str) -> Document:
    """A published flag.

    Raises:
        NotFound: there is none.
    """
    document = snapshot.find(Kind.FLAG, key)
    if document is None:
        raise no_flag()
    return document


def readable(document: Document) -> FlagDocument:
    """A published flag as it is understood.

    Raises:
        Unavailable: another version of Cairn wrote it.
    """
    flag = _understood(document)
    if flag is None:
        raise Unavailable(
            "This flag was written by another version of Cairn.", code="flag.unreadable"
        )
    return flag


def no_flag() -> NotFound:
    """There is no such flag."""
    return NotFound("There is no such flag.", code="flag.not_found")


def _understood(document: Document) -> FlagDocument | None:
    try:
        return FlagDocument.model_validate_json(document.body)
    except ValidationError:
        return None
