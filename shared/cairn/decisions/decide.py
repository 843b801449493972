"""Deciding: one read, pure work, one transaction, and a report that runs beside it.

Whatever is down, there is an answer before the deadline: without tables the request's own words
are all that counts, and nothing is kept; without the cache the rules decide; both are said so.
"""

from typing import NamedTuple

from pydantic import JsonValue

from cairn.decisions.answering import finished
from cairn.decisions.asking import Asking
from cairn.decisions.choosing import Chooser
from cairn.decisions.desk import Desk, LoadedState, Reported, StateQuery
from cairn.decisions.limits import ANSWER_RESERVE_MS, ATTEMPTS, OPEN_RESERVE_MS
from cairn.decisions.memoized_models import MemoizedModels
from cairn.decisions.model import Decision
from cairn.decisions.model_port import ModelPort
from cairn.decisions.record import Record
from cairn.decisions.repeating import made_before
from cairn.decisions.settling import Settling
from cairn.decisions.spending import paid
from cairn.decisions.surface import OfWorkspace
from cairn.platform.dynamo import ConditionFailed
from cairn.platform.errors import Conflict, NotFound, StoreUnavailable
from cairn.platform.lanes import Lanes
from cairn.platform.observability.correlation import pseudonym


class DecisionResult(NamedTuple):
    """A decision as it goes out.

    Attributes:
        record: everything about it, for the log.
        reported: what became of the report; None where the decision was made before, for the
            same Idempotency-Key.
    """

    decision: Decision[JsonValue]
    record: Record
    reported: Reported | None


class Decide[Doc, Case: OfWorkspace, Choice]:
    """Decides for one surface.

    Args:
        chooser: chooses among what may be shown.
        desk: reads and writes.
        lanes: where calls run that may hang.
        models: who may be asked; nobody, where there is none.
    """

    def __init__(
        self,
        chooser: Chooser[Doc, Case, Choice],
        desk: Desk,
        lanes: Lanes,
        models: ModelPort | None = None,
    ) -> None:
        self._chooser = chooser
        self._desk = desk
        self._lanes = lanes
        self._models = models
        self._settling = Settling(desk, lanes)

    def decide(self, asking: Asking) -> DecisionResult:
        """Decides what comes next, keeps it and reports it.

        Where another request changed the session meanwhile, all is read and decided anew.

        Raises:
            NotFound: there is no such flow or session.
            InvalidRequest: answers or events do not fit; points at each.
            Unprocessable: the session goes through another flow; or the Idempotency-Key came with
                another request before.
            Conflict: the session changed again and again.
            StoreUnavailable: tables are down, and the configuration is not known yet.
        """
        models = MemoizedModels(self._models) if self._models else None
        for _ in range(ATTEMPTS):
            try:
                return self._attempt(asking, models)
            except ConditionFailed:
                continue
        self._tell(asking, models)
        raise Conflict(
            "The session is changing too fast.", code="session.conflict", retry_after_s=1
        )

    def _attempt(self, asking: Asking, models: MemoizedModels | None) -> DecisionResult:
        opened, reachable = self._open(asking)
        if opened.mark is not None and asking.repeatable is not None:
            self._tell(asking, models)
            return self._again(asking, made_before(opened.mark, asking.repeatable))
        work = self._chooser.choose(asking, opened, reachable=reachable, models=models)
        settle = self._settling.settle if reachable else self._settling.give_up
        settled = settle(asking, work)
        work.remember()
        return DecisionResult(finished(settled.record, asking), settled.record, settled.reported)

    def _tell(self, asking: Asking, models: MemoizedModels | None) -> None:
        """Reports what was paid for a decision that was not made."""
        if models is not None and models.asked:
            self._settling.tell(asking, paid(asking, models.asked))

    def _open(self, asking: Asking) -> tuple[LoadedState, bool]:
        readable = asking.session.readable
        named = asking.request.subject
        subject = pseudonym(asking.workspace, named.id) if named else None
        wanted = StateQuery(asking.workspace, readable, asking.repeatable, asking.now, subject)
        try:
            left_ms = asking.deadline.left_ms(OPEN_RESERVE_MS)
            return self._lanes.within(left_ms, lambda: self._desk.open(wanted)), True
        except StoreUnavailable:
            return LoadedState(self._desk.last_known(asking.workspace)), False

    def _again(self, asking: Asking, decision_id: str) -> DecisionResult:
        left_ms = asking.deadline.left_ms(ANSWER_RESERVE_MS)
        record = self._lanes.within(
            left_ms, lambda: self._desk.find(asking.workspace, decision_id, asking.now)
        )
        if record is None:
            raise NotFound("The decision is no longer stored.", code="decision.not_found")
        return DecisionResult(record.answer, record, reported=None)
