"""The pure middle of a decision: from what was read to what will be kept."""

from dataclasses import dataclass
from typing import Final

from cairn.behavior.model import recent_event, remembered
from cairn.behavior.signals import Signals, signals
from cairn.configuration.model import Document, Snapshot
from cairn.configuration.snapshots import Compiled
from cairn.decisions.answering import Decided, record_of
from cairn.decisions.asking import Asking
from cairn.decisions.cascade import Outcome, Tier, run
from cairn.decisions.desk import Opened
from cairn.decisions.finding import Source
from cairn.decisions.plan_cache import PlanCache
from cairn.decisions.record import Record
from cairn.decisions.report import discreet, own_events
from cairn.decisions.session import Session
from cairn.decisions.sessions import in_flow, session_for
from cairn.decisions.surface import OfWorkspace, Surface, Unreadable
from cairn.decisions.tiers import Fallback, Rules
from cairn.events.model import Event
from cairn.platform.errors import InvalidRequest, NotFound, Unprocessable

NOT_CACHED: Final[frozenset[Source]] = frozenset({"cache", "fallback"})
"""What a cache gave needs no keeping; what a fallback gave is not what rules would say."""


@dataclass(frozen=True, slots=True)
class Work:
    """A decision before it is kept.

    Attributes:
        former: the session as it was read, or as it begins.
        session: the session as it will be.
        events: what the request brought along, without personal values.
    """

    former: Session
    session: Session
    record: Record
    events: tuple[Event, ...]


class Chooser[Doc, Case: OfWorkspace, Choice]:
    """Chooses for one surface, by the tiers that it is given."""

    def __init__(
        self, surface: Surface[Doc, Case, Choice], plans: PlanCache[Doc, Case, Choice]
    ) -> None:
        self._surface = surface
        self._plans = plans
        self._tiers: tuple[Tier[Case, Choice], ...] = (plans, Rules(surface))
        self._fallback = Fallback(surface)
        self._documents = Compiled(surface.kind, surface.compile)

    def choose(self, asking: Asking, opened: Opened, *, reachable: bool) -> Work:
        """Decides on what was read.

        Raises:
            NotFound: there is no such flow or session.
            InvalidRequest: answers or events do not fit; points at each.
            Unprocessable: the session goes through another flow, or this one cannot be read.
        """
        document, doc = self._document(opened.snapshot, asking.request.flow)
        self._check(doc, asking)
        found = session_for(asking.session, opened.session, asking.now, reachable=reachable)
        former = in_flow(found, asking.request.flow)
        session = former.with_request(asking.request)
        events = own_events(asking.request.events, session.id, asking.now)
        recent = remembered(opened.recent, map(recent_event, events))
        behavior = signals(recent, asking.now, session.shown_at)
        case = self._surface.case(doc, session, behavior)
        record = self._record(asking, document.version, session, case, behavior)
        return Work(
            former=former,
            session=session.after(record),
            record=record,
            events=discreet(events, self._surface.personal(doc)),
        )

    def _document(self, snapshot: Snapshot, flow: str) -> tuple[Document, Doc]:
        document = snapshot.find(self._surface.kind, flow)
        if document is None:
            raise NotFound("There is no such flow.", code="flow.not_found")
        doc = self._documents.of(snapshot)[flow]
        if isinstance(doc, Unreadable):
            raise Unprocessable("The published flow cannot be read.", code="flow.unreadable")
        return document, doc

    def _check(self, doc: Doc, asking: Asking) -> None:
        violations = self._surface.faults(doc, asking.request.answers)
        if violations:
            raise InvalidRequest(
                "The body breaks the contract.", code="request.invalid", violations=violations
            )

    def _outcome(self, asking: Asking, case: Case) -> Outcome[Choice]:
        outcome = run(case, self._tiers, self._fallback, self._surface.admits, asking.deadline)
        if outcome.source not in NOT_CACHED:
            self._plans.remember(case, outcome.finding)
        return outcome

    def _record(
        self, asking: Asking, version: int, session: Session, case: Case, behavior: Signals
    ) -> Record:
        outcome = self._outcome(asking, case)
        choice = outcome.finding.choice
        decided = Decided(
            surface=self._surface.name,
            flow_version=version,
            session_id=session.id,
            subject_id=session.subject_id,
            plan=self._surface.plan(case, choice).model_dump(mode="json"),
            step=self._surface.step(choice),
            persona=self._surface.persona(case),
            attributes=case.attributes,
            behavior=behavior,
        )
        return record_of(asking, decided, outcome)
