"""What a decision is made on: the visitor, the flow and the moment, before anybody is asked."""

import json
from dataclasses import dataclass

from cairn.behavior.model import Recent, recent_event, remembered
from cairn.behavior.signals import Behavior, Signals, signals
from cairn.configuration.model import Document, Snapshot
from cairn.configuration.snapshots import Compiled
from cairn.decisions.asking import Asking
from cairn.decisions.desk import Opened
from cairn.decisions.limits import HELD_CHARS
from cairn.decisions.lineup import Situation
from cairn.decisions.report import discreet, own_events
from cairn.decisions.session import Session
from cairn.decisions.sessions import in_flow, session_for
from cairn.decisions.surface import OfWorkspace, Surface, Unreadable
from cairn.decisions.varying import Variation, Varying
from cairn.events.model import Event
from cairn.platform.errors import InvalidRequest, NotFound, TooLarge, Unprocessable
from cairn.platform.observability.correlation import pseudonym


@dataclass(frozen=True, slots=True)
class Scene[Doc, Case]:
    """What a decision is made on.

    Attributes:
        document: as it is published, under the name that was asked for.
        executed: the document that is decided on; another one, where a variation says so.
        others: documents that other variations of it would be decided with.
        variation: what the flag is that the document depends on, if it does.
        former: the session as it was read, or as it begins.
        session: the session with what the request brings.
        events: what the request brought along, without personal values.
    """

    document: Document
    executed: Document
    others: tuple[Document, ...]
    variation: Variation | None
    former: Session
    session: Session
    events: tuple[Event, ...]
    behavior: Signals
    situation: Situation[Doc, Case]


class Scenes[Doc, Case: OfWorkspace, Choice]:
    """Sets the scene of each request, for one surface."""

    def __init__(self, surface: Surface[Doc, Case, Choice], varying: Varying) -> None:
        self._surface = surface
        self._varying = varying
        self._documents = Compiled(surface.kind, surface.compile)

    def of(self, asking: Asking, opened: Opened, *, reachable: bool) -> Scene[Doc, Case]:
        """The scene of a request.

        Raises:
            NotFound: there is no such flow or session.
            InvalidRequest: answers or events do not fit; points at each.
            Unprocessable: the session goes through another flow, or this one cannot be read.
            TooLarge: the session would hold more than can be kept; nobody was asked yet.
        """
        snapshot = opened.snapshot
        document, published = self.document(snapshot, asking.request.flow)
        found = session_for(asking.session, opened.session, asking.now, reachable=reachable)
        former = in_flow(found, asking.request.flow)
        session = former.with_request(asking.request)
        variation = self._variation(asking, opened, published, session)
        executed, doc = self._varied(snapshot, (document, published), variation)
        if variation is not None:
            session = session.model_copy(update={"kept": {**session.kept, **variation.kept}})
        self._check(doc, asking)
        _check_size(session)
        events = own_events(asking, session.id)
        recent = remembered(opened.recent, map(recent_event, events))
        patience_ms = self._surface.hesitation_ms(doc)
        behavior = signals(
            Behavior(recent, opened.summary, session.shown_at, patience_ms), asking.now
        )
        return Scene(
            document=document,
            executed=executed,
            others=self._others(snapshot, published),
            variation=variation,
            former=former,
            session=session,
            events=discreet(events, self._surface.personal(doc)),
            behavior=behavior,
            situation=self._situation(asking, opened, doc, session, recent, behavior),
        )

    def _variation(
        self, asking: Asking, opened: Opened, doc: Doc, session: Session
    ) -> Variation | None:
        flag = self._surface.varied_by(doc)
        if flag is None:
            return None
        return self._varying.of(flag, opened.snapshot, session, opened.kept, asking.now)

    def _varied(
        self, snapshot: Snapshot, found: tuple[Document, Doc], variation: Variation | None
    ) -> tuple[Document, Doc]:
        """A document as the variation has it, or another one that takes its place."""
        document, doc = found
        variant = self._surface.variant(doc, variation.name) if variation else None
        if isinstance(variant, str):
            return self.document(snapshot, variant)
        return document, doc if variant is None else variant

    def _others(self, snapshot: Snapshot, doc: Doc) -> tuple[Document, ...]:
        """Every document that some variation would be decided with."""
        if self._surface.varied_by(doc) is None:
            return ()
        named = [snapshot.documents.get(each) for each in self._surface.named(doc)]
        found = [each for each in named if each is not None]
        docs = self._documents.of(snapshot)
        instead = [docs[each.id] for each in found if each.kind is self._surface.kind]
        further = (
            snapshot.documents.get(each)
            for other in instead
            if not isinstance(other, Unreadable)
            for each in self._surface.named(other)
        )
        return (*found, *(each for each in further if each is not None))

    def document(self, snapshot: Snapshot, flow: str) -> tuple[Document, Doc]:
        """A published document, and the form in which it is executed.

        Raises:
            NotFound: there is none of that name.
            Unprocessable: this version of the code cannot read it.
        """
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

    def _situation(  # noqa: PLR0913, PLR0917  # everything that is known by now
        self,
        asking: Asking,
        opened: Opened,
        doc: Doc,
        session: Session,
        recent: Recent,
        behavior: Signals,
    ) -> Situation[Doc, Case]:
        return Situation(
            doc=doc,
            case=self._surface.case(doc, session, behavior),
            snapshot=opened.snapshot,
            subject=pseudonym(session.workspace, session.subject_id or session.id),
            recent=recent,
            now=asking.now,
        )


def _check_size(session: Session) -> None:
    if len(json.dumps([session.answers, session.traits])) > HELD_CHARS:
        raise TooLarge("The session holds too many answers.", code="session.too_large")
