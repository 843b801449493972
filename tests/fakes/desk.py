"""A desk in the process, with the conditions of the real one, and faults on demand."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Event as Gate

from cairn.behavior.model import Recent
from cairn.behavior.summary import EMPTY, Summary
from cairn.configuration.model import Snapshot
from cairn.decisions.desk import Commit, LoadedState, StateQuery
from cairn.decisions.record import Mark, Record
from cairn.decisions.session import Session
from cairn.events.model import Event
from cairn.platform.dynamo import ConditionFailed
from cairn.platform.errors import StoreUnavailable
from cairn.platform.observability.correlation import pseudonym


@dataclass
class MemoryDesk:
    """See `Desk`.

    Attributes:
        assigned: the variations of subjects, by pseudonym.
        recents: the recent events of sessions, by id.
        summaries: sessions in numbers, by id.
        reported: every event that was reported, in order.
        down: what is down: `open`, `keep`, `report`, `last_known`.
        hangs: what does not answer before the gate opens.
        rivals: how many other requests change the session between reading and writing.
        refused: how many parcels the queue refuses.
    """

    snapshot: Snapshot
    sessions: dict[str, Session] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    marks: dict[str, Mark] = field(default_factory=dict)
    assigned: dict[str, dict[str, str]] = field(default_factory=dict)
    recents: dict[str, Recent] = field(default_factory=dict)
    summaries: dict[str, Summary] = field(default_factory=dict)
    reported: list[Event] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    down: set[str] = field(default_factory=set)
    hangs: set[str] = field(default_factory=set)
    gate: Gate = field(default_factory=Gate)
    rivals: int = 0
    refused: int = 0

    def open(self, wanted: StateQuery) -> LoadedState:
        """Everything at once."""
        self._called("open")
        mark = self.marks.get(wanted.repeatable.key) if wanted.repeatable else None
        found = self.sessions.get(wanted.session_id) if wanted.session_id else None
        return LoadedState(
            snapshot=self.last_known(wanted.workspace),
            session=found if found and found.workspace == wanted.workspace else None,
            recent=self.recents.get(wanted.session_id or "", ()),
            summary=self.summaries.get(wanted.session_id or "", EMPTY),
            mark=mark,
            kept=self.assigned.get(wanted.subject or "", {}),
        )

    def last_known(self, workspace: str) -> Snapshot:
        """The snapshot."""
        if "last_known" in self.down:
            raise StoreUnavailable("The configuration cannot be read.")
        return replace(self.snapshot, workspace=workspace)

    def find(self, workspace: str, decision_id: str, now: datetime) -> Record | None:  # noqa: ARG002  # nothing ends here
        """A decision."""
        self._called("find")
        record = self.records.get(decision_id)
        return record if record and record.workspace == workspace else None

    def keep(self, kept: Commit) -> None:
        """All of it, or nothing."""
        self._called("keep")
        session = kept.session
        if self.rivals:
            self.rivals -= 1
            self._touch(session.id)
        stored = self.sessions.get(session.id)
        taken = kept.repeatable is not None and kept.repeatable.key in self.marks
        if taken or (stored.version if stored else 0) != session.version:
            raise ConditionFailed("The transaction met another state.")
        self.sessions[session.id] = session.model_copy(update={"version": session.version + 1})
        if kept.record is not None:
            self.records[kept.record.answer.id] = kept.record
        if kept.assigned and session.subject_id is not None:
            subject = pseudonym(session.workspace, session.subject_id)
            self.assigned.setdefault(subject, {}).update(kept.assigned)
        if kept.repeatable is not None:
            self.marks[kept.repeatable.key] = Mark(request=kept.repeatable.request, made=kept.made)

    def report(self, workspace: str, events: Sequence[Event], now: datetime) -> int:  # noqa: ARG002  # the port's words
        """Keeps events in order."""
        self._called("report")
        self.reported.extend(events)
        return self.refused

    def _called(self, what: str) -> None:
        self.calls.append(what)
        if what in self.hangs:
            self.gate.wait(10)
        if what in self.down:
            raise StoreUnavailable("Down.")

    def _touch(self, session_id: str) -> None:
        stored = self.sessions[session_id]
        self.sessions[session_id] = stored.model_copy(update={"version": stored.version + 1})
