"""What deciding needs of the world, as one port; joined to stores where a function is wired."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from cairn.behavior.model import Recent
from cairn.behavior.summary import EMPTY, Summary
from cairn.configuration.model import Snapshot
from cairn.decisions.record import Mark, Record
from cairn.decisions.session import Session
from cairn.events.model import Event
from cairn.platform.idempotency import Repeatable

type Reported = Literal["sent", "outbox", "late", "lost"]
"""What became of a report: with the queue; kept for the sweep; not known yet; gone."""


class StateQuery(NamedTuple):
    """What is to be read for a request.

    Attributes:
        subject: pseudonym of the person that the request names, if it does.
    """

    workspace: str
    session_id: str | None
    repeatable: Repeatable | None
    now: datetime
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class LoadedState:
    """What there is.

    Attributes:
        session: None where there is none, or it is over.
        recent: the session's last events.
        summary: all of the session in numbers.
        mark: what an earlier request with the same Idempotency-Key made.
        kept: the variations that the subject was assigned before, by experiment and bucket version.
    """

    snapshot: Snapshot
    session: Session | None = None
    recent: Recent = ()
    summary: Summary = EMPTY
    mark: Mark | None = None
    kept: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Commit:
    """What a request leaves behind, all of it or nothing.

    Attributes:
        session: as it is from now on; its version is still the one that was read.
        new_subject: whether the session has a subject that it did not have before.
        made: the id that a mark remembers.
        assigned: the variations that the subject is assigned from now on.
    """

    session: Session
    record: Record | None
    new_subject: bool
    repeatable: Repeatable | None
    made: str
    now: datetime
    assigned: Mapping[str, str] = field(default_factory=dict)


class Desk(Protocol):
    """Reads and writes for one request: one trip each."""

    def open(self, wanted: StateQuery) -> LoadedState:
        """Reads everything that a request needs, in one trip.

        Raises:
            StoreUnavailable: tables are down.
        """
        ...

    def last_known(self, workspace: str) -> Snapshot:
        """The configuration as it was when tables last answered.

        Raises:
            StoreUnavailable: they never did.
        """
        ...

    def find(self, workspace: str, decision_id: str, now: datetime) -> Record | None:
        """A decision, or None."""
        ...

    def keep(self, kept: Commit) -> None:
        """Writes everything that a request leaves behind, in one transaction.

        Raises:
            ConditionFailed: the session or the mark is not as it was read.
            StoreUnavailable: tables are down.
        """
        ...

    def report(self, workspace: str, events: Sequence[Event], now: datetime) -> int:
        """Sends events on their way to being counted; keeps for later what the queue refuses.

        Returns:
            How many parcels were kept for later.

        Raises:
            StoreUnavailable: they could not be kept for later either.
        """
        ...
