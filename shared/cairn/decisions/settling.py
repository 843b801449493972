"""The end of a decision: kept in one transaction, reported beside it."""

from typing import Final, NamedTuple

from cairn.decisions.answering import unkept
from cairn.decisions.asking import Asking
from cairn.decisions.choosing import PendingDecision
from cairn.decisions.desk import Commit, Desk, Reported
from cairn.decisions.finding import Degraded
from cairn.decisions.limits import ANSWER_RESERVE_MS
from cairn.decisions.record import Record
from cairn.decisions.report import answered, decision_made, session_started
from cairn.decisions.spending import llm_called
from cairn.events.model import Event
from cairn.platform.errors import StoreUnavailable
from cairn.platform.lanes import Lanes, Running

STORE_DOWN: Final = Degraded(
    code="store_unavailable", detail="The tables did not answer; the decision was not kept."
)


class Settled(NamedTuple):
    """A decision that is done with.

    Attributes:
        record: as it was kept, or marked as degraded where it was not.
    """

    record: Record
    reported: Reported


class Settling:
    """Keeps and reports decisions, within what their deadlines leave."""

    def __init__(self, desk: Desk, lanes: Lanes) -> None:
        self._desk = desk
        self._lanes = lanes

    def settle(self, asking: Asking, work: PendingDecision) -> Settled:
        """Keeps a decision and reports it.

        The report runs beside the transaction. Only where the transaction decides what there is
        to count (a request that may be a repeated one; the first decision of a session, because
        another request may place its visitor in another variation meanwhile) does it come after.

        Raises:
            ConditionFailed: another request was there first; nothing was kept.
        """
        if work.former.decisions and asking.repeatable is None:
            sending = self._send(asking, _events(asking, work))
            record = self._kept(asking, work)
        else:
            record = self._kept(asking, work)
            sending = self._send(asking, _events(asking, work, record))
        return Settled(record, self._reported(asking, sending))

    def give_up(self, asking: Asking, work: PendingDecision) -> Settled:
        """Reports a decision whose session could not even be read."""
        record = _unkept(asking, work)
        return Settled(
            record, self._reported(asking, self._send(asking, _events(asking, work, record)))
        )

    def tell(self, asking: Asking, events: tuple[Event, ...]) -> Reported:
        """Reports events that no decision goes with."""
        return self._reported(asking, self._send(asking, events))

    def _kept(self, asking: Asking, work: PendingDecision) -> Record:
        kept = _leaves(asking, work)
        try:
            left_ms = asking.deadline.left_ms(ANSWER_RESERVE_MS)
            self._lanes.within(left_ms, lambda: self._desk.keep(kept))
        except StoreUnavailable:
            return _unkept(asking, work)
        return work.record

    def _send(self, asking: Asking, events: tuple[Event, ...]) -> Running[int]:
        return self._lanes.start(lambda: self._desk.report(asking.workspace, events, asking.now))

    def _reported(self, asking: Asking, sending: Running[int]) -> Reported:
        try:
            refused = sending.result(asking.deadline.left_ms(ANSWER_RESERVE_MS) / 1000)
        except TimeoutError:
            return "late"
        except StoreUnavailable:
            return "lost"
        return "outbox" if refused else "sent"


def _events(
    asking: Asking, work: PendingDecision, record: Record | None = None
) -> tuple[Event, ...]:
    """What a decision reports.

    Args:
        asking: the request.
        work: the decision.
        record: what became of it, where that is known already: what belongs to a session that
            could not be started stays out.
    """
    told = record or work.record
    made, others = decision_made(told), (*llm_called(told), *answered(told, asking))
    if made.session_id is None:
        return (made, *others)
    begins = record is not None and not work.former.version and record.answer.explanation
    starts = (session_started(work.session, asking.trace_id),) if begins else ()
    return (*starts, *work.events, made, *others)


def _leaves(asking: Asking, work: PendingDecision) -> Commit:
    known = work.former.subject_id if work.former.version else None
    return Commit(
        session=work.session,
        record=work.record,
        new_subject=work.session.subject_id not in (None, known),
        repeatable=asking.repeatable,
        made=asking.decision_id,
        now=asking.now,
        assigned=work.assigned,
    )


def _unkept(asking: Asking, work: PendingDecision) -> Record:
    return unkept(work.record, STORE_DOWN, session_known=asking.session.given is not None)
