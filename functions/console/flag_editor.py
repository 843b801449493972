"""Flags as those change them who may: one at a time, checked, signed, against the version seen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from cairn.access.model import Scope
from cairn.configuration.canonical import MAX_BODY_BYTES, canonical_json
from cairn.configuration.editing import Edit, Edited, Signature, edited
from cairn.configuration.locking import check_match, require_match
from cairn.configuration.model import MOST_DOCUMENTS, Actor, Document, Kind, Snapshot
from cairn.flags.documents import FlagDocument
from cairn.platform.errors import Conflict, InvalidRequest, TooLarge, Unprocessable, Violation
from cairn.platform.idempotency import Repeatable
from functions.console.flag_reader import FlagReader, found_in, readable, reader
from functions.console.flag_views import Differences, FlagChanged

type Change = Callable[[FlagDocument], FlagDocument]
"""What is done to a flag."""


@dataclass(frozen=True, slots=True)
class Order:
    """How a change is to be carried out.

    Attributes:
        did: the verb that the history tells.
        if_match: the version that the caller saw, where they say so.
        must_match: whether they have to say so.
        dry_run: only tells what would become of it.
    """

    did: str
    if_match: str | None = None
    must_match: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class FlagEditor:
    """Somebody who may change the flags of one workspace."""

    reader: FlagReader

    def change(self, key: str, order: Order, change: Change) -> Edited:
        """Changes a flag.

        Raises:
            NotFound: there is none.
            PreconditionRequired: the caller must say which version they saw.
            PreconditionFailed: they saw another.
            Unprocessable: the flag cannot become so.
            Unavailable: others publish all the time.
        """
        if order.must_match:
            require_match(order.if_match)

        def edit(snapshot: Snapshot) -> str:
            document = found_in(snapshot, key)
            check_match(order.if_match, document)
            return self._publishable(change(readable(document)), snapshot)

        return self._carried_out(key, order, edit)

    def create(self, flag: FlagDocument, order: Order, repeatable: Repeatable | None) -> Edited:
        """Publishes a new flag.

        Raises:
            Conflict: there is one of this key.
            Unprocessable: the flag cannot be so, or the workspace is full.
            Unavailable: others publish all the time.
        """

        def edit(snapshot: Snapshot) -> str:
            if snapshot.find(Kind.FLAG, flag.id) is not None:
                raise Conflict("A flag with this key already exists.", code="flag.exists")
            if len(snapshot.documents) >= MOST_DOCUMENTS:
                raise Unprocessable("The configuration is full.", code="configuration.full")
            return self._publishable(flag, snapshot)

        return self._carried_out(flag.id, order, edit, repeatable)

    def made_before(self, repeatable: Repeatable | None) -> Document | None:
        """The flag that an earlier request with the same Idempotency-Key made, as it is now.

        Raises:
            Unprocessable: the key came with another request.
            NotFound: the flag is gone.
        """
        if repeatable is None:
            return None
        wired, workspace = self.reader.wired, self.reader.principal.workspace
        mark = wired.configuration.mark(workspace, repeatable, wired.clock())
        if mark is None:
            return None
        repeatable.check(mark.request)
        return self.reader.find(mark.made.partition("/")[2])

    def view(self, done: Edited) -> FlagChanged:
        """What is shown of a change."""
        before = done.before.body if done.before else None
        return FlagChanged(
            **dict(self.reader.view(done.after)),
            published=done.published,
            changes=Differences.between(before, done.after.body),
        )

    def _carried_out(
        self, key: str, order: Order, edit: Edit, repeatable: Repeatable | None = None
    ) -> Edited:
        wired, principal, line = self.reader.wired, self.reader.principal, self.reader.line
        signature = Signature(
            workspace=principal.workspace,
            by=Actor(via="api", id=principal.key, name=principal.name),
            did=order.did,
            now=wired.clock(),
            trace_id=line.trace_id,
            repeatable=repeatable,
        )
        done = edited(
            wired.configuration,
            wired.snapshots.observe,
            signature,
            edit,
            wired.backoff(self.reader.deadline),
            kind=Kind.FLAG,
            identifier=key,
            dry_run=order.dry_run,
        )
        line.note(flag=key, did=order.did, published=done.published, actor=principal.key)
        return done

    def _publishable(self, flag: FlagDocument, snapshot: Snapshot) -> str:
        """The flag's canonical JSON, where it may take its place among all that is published."""
        from cairn.experiments.publishable import (  # noqa: PLC0415  # with the first change
            Together,
            check_change,
        )

        together = Together.of(list(snapshot.documents.values()))
        violations = check_change(flag, together, self.reader.wired.clock())
        if violations:
            raise _unfit(violations)
        body = canonical_json(flag)
        if len(body.encode()) > MAX_BODY_BYTES:
            raise TooLarge(
                f"A flag has at most {MAX_BODY_BYTES} bytes of JSON.", code="request.too_large"
            )
        return body


def same_key(flag: FlagDocument, key: str) -> FlagDocument:
    """The flag, where it is the one that the path names.

    Raises:
        InvalidRequest: it is another.
    """
    if flag.id == key:
        return flag
    violation = Violation("/id", "flag.other_key", f"must be {key!r}, as in the path")
    raise InvalidRequest(
        "The body describes another flag.", code="request.invalid", violations=[violation]
    )


def _unfit(violations: Sequence[Violation]) -> Unprocessable:
    return Unprocessable("The flag is invalid.", code="flag.invalid", violations=violations)


_reader = reader(Scope.WRITE_FLAGS)


def _editor(request: Request) -> FlagEditor:
    return FlagEditor(_reader(request))


type Writing = Annotated[FlagEditor, Depends(_editor)]
