"""A desk whose stores cost nothing: configuration at hand, sessions and records in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cairn.configuration.model import Snapshot
from cairn.decisions.desk import Commit, LoadedState, StateQuery
from cairn.decisions.record import Record
from cairn.decisions.session import Session
from cairn.events.model import Event


@dataclass(frozen=True, slots=True)
class FreeDesk:
    """See `Desk`; nothing is down, and nobody else writes.

    Attributes:
        reported: every event that was reported, in order.
    """

    snapshot: Snapshot
    sessions: dict[str, Session] = field(default_factory=dict)
    reported: list[Event] = field(default_factory=list)

    def forget(self) -> None:
        """Forgets sessions and reports."""
        self.sessions.clear()
        self.reported.clear()

    def open(self, wanted: StateQuery) -> LoadedState:
        """See `Desk.open`."""
        found = self.sessions.get(wanted.session_id) if wanted.session_id else None
        return LoadedState(snapshot=self.snapshot, session=found)

    def last_known(self, workspace: str) -> Snapshot:  # noqa: ARG002  # there is one
        """See `Desk.last_known`."""
        return self.snapshot

    def find(self, workspace: str, decision_id: str, now: datetime) -> Record | None:  # noqa: ARG002  # the port's words
        """Nothing: records are answered, not kept."""
        return None

    def keep(self, kept: Commit) -> None:
        """See `Desk.keep`."""
        session = kept.session
        self.sessions[session.id] = session.model_copy(update={"version": session.version + 1})

    def report(self, workspace: str, events: Sequence[Event], now: datetime) -> int:  # noqa: ARG002  # the port's words
        """See `Desk.report`."""
        self.reported.extend(events)
        return 0
