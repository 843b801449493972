"""Rolls an experiment's flag back, and says so: each step again and again until it is done.

A rollback is decided once, in the write that keeps the look which shows the breach. Whoever comes
by afterwards carries on with what is left of it: the flag is published at most once, as it stays
when it is switched back already; what is told bears the rollback's own id.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, Protocol

from pydantic import BaseModel, ValidationError

from cairn.configuration.canonical import canonical_json
from cairn.configuration.editing import Publications, Signature, edited
from cairn.configuration.model import Actor, Document, Kind, Release, Snapshot
from cairn.experiments.analysis_run import ExperimentRecords
from cairn.experiments.model import ExperimentDocument
from cairn.experiments.record import ExperimentRecord, Rollback
from cairn.experiments.rollback_documents import concluded, switched_back
from cairn.flags.documents import FlagDocument
from cairn.platform.backoff import Backoff
from cairn.platform.clock import Deadline
from cairn.platform.errors import NotFound, Unprocessable

DID: Final = "rollback"
NAME: Final = "analyze"

type Change = Callable[[Document], str]
"""Gives a document's new canonical JSON."""


class Telling(Protocol):
    """Tells outsiders and alerts."""

    def tell(self, workspace: str, standing: ExperimentRecord) -> None:
        """Tells of a standing's rollback; again is safe.

        Raises:
            Unavailable: somebody could not be told.
        """
        ...


@dataclass(frozen=True, slots=True)
class RollbackExecution:
    """What a rollback needs.

    Attributes:
        observe: gives a release with its documents.
        telling: opened when there is something to tell.
    """

    publications: Publications
    observe: Callable[[Release], Snapshot]
    standings: ExperimentRecords
    telling: Callable[[], Telling]

    def carry_on(
        self,
        workspace: str,
        standing: ExperimentRecord,
        trace_id: str,
        now: datetime,
        deadline: Deadline,
    ) -> ExperimentRecord:
        """Carries out what is left of a standing's rollback.

        Raises:
            Unprocessable: the flag cannot be switched back.
            Conflict: somebody else carries it out too.
            Unavailable: others publish all the time, or a dependency is down.
        """
        if standing.rollback is None or standing.rollback.told:
            return standing
        if standing.rollback.release is None:
            standing = self._switched(workspace, standing, trace_id, now, Backoff(deadline))
        self.telling().tell(workspace, standing)
        return self._saved(workspace, standing, told=True)

    def _switched(
        self,
        workspace: str,
        standing: ExperimentRecord,
        trace_id: str,
        now: datetime,
        backoff: Backoff,
    ) -> ExperimentRecord:
        name, rollback = standing.experiment, _rollback_of(standing)
        signature = Signature(
            workspace=workspace,
            by=Actor(via="analyze", id=name, name=NAME),
            did=DID,
            now=now,
            trace_id=trace_id,
        )
        to_control = partial(switched_back, experiment=name, control=rollback.control)
        over = partial(concluded, at=rollback.at)
        for kind, identifier, change in (
            (Kind.FLAG, rollback.flag, _change(FlagDocument, to_control)),
            (Kind.EXPERIMENT, name, _change(ExperimentDocument, over)),
        ):
            self._publish(signature, kind, identifier, change, backoff)
        release = self.publications.release(workspace).version
        return self._saved(workspace, standing, release=release)

    def _publish(
        self, signature: Signature, kind: Kind, identifier: str, change: Change, backoff: Backoff
    ) -> None:
        def edit(snapshot: Snapshot) -> str:
            document = snapshot.find(kind, identifier)
            if document is None:
                raise NotFound("It is no longer published.", code=f"{kind}.not_found")
            return change(document)

        with suppress(NotFound):  # what is gone needs no switching back
            edited(
                self.publications,
                self.observe,
                signature,
                edit,
                backoff,
                kind=kind,
                identifier=identifier,
            )

    def _saved(
        self, workspace: str, standing: ExperimentRecord, **changes: int | bool
    ) -> ExperimentRecord:
        rollback = _rollback_of(standing).model_copy(update=changes)
        return self.standings.save(workspace, standing.model_copy(update={"rollback": rollback}))


def _rollback_of(standing: ExperimentRecord) -> Rollback:
    if standing.rollback is None:
        raise AssertionError("only of what is rolled back")
    return standing.rollback


def _change[Model: BaseModel](model: type[Model], made: Callable[[Model], Model]) -> Change:
    """A change of a model as one of its document, which stays as it is where nothing changes."""

    def change(document: Document) -> str:
        try:
            before = model.model_validate_json(document.body)
        except ValidationError as error:
            detail = f"Another version of Cairn wrote the {document.kind} {document.id}."
            raise Unprocessable(detail, code=f"{document.kind}.unreadable") from error
        after = made(before)
        return document.body if after is before else canonical_json(after)

    return change
