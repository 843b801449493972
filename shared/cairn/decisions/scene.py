"""What a decision is made on: the visitor, the flow and the moment, before anybody is asked."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from cairn.behavior.model import Recent, recent_event, remembered
from cairn.behavior.signals import Behavior, Signals, signals
from cairn.configuration.model import Document
from cairn.decisions.asking import Asking
from cairn.decisions.desk import LoadedState
from cairn.decisions.forms import Form, Forms
from cairn.decisions.limits import HELD_CHARS
from cairn.decisions.lineup import Situation
from cairn.decisions.report import discreet, own_events
from cairn.decisions.session import Session
from cairn.decisions.sessions import in_flow, session_for
from cairn.decisions.surface import OfWorkspace, Surface
from cairn.decisions.variation import Variation, VariationResolver
from cairn.events.model import Event
from cairn.platform.errors import InvalidRequest, TooLarge
from cairn.platform.observability.correlation import pseudonym


@dataclass(frozen=True, slots=True)
class Scene[Doc, Case]:
    """What a decision is made on.

    Attributes:
        document: as it is published, under the name that was asked for.
        form: in which form it is decided on; another document's, where a variation says so.
        others: documents that other variations of it would be decided with.
        variation: what the flag is that the document depends on, if it does.
        former: the session as it was read, or as it begins.
        session: the session with what the request brings.
        events: what the request brought along, without personal values.
    """

    document: Document
    form: Form[Doc]
    others: tuple[Document, ...]
    variation: Variation | None
    former: Session
    session: Session
    events: tuple[Event, ...]
    behavior: Signals
    situation: Situation[Doc, Case]


class Scenes[Doc, Case: OfWorkspace, Choice]:
    """Sets the scene of each request, for one surface."""

    def __init__(
        self,
        surface: Surface[Doc, Case, Choice],
        forms: Forms[Doc, Case, Choice],
        varying: VariationResolver,
    ) -> None:
        self._surface = surface
        self._forms = forms
        self._varying = varying

    def of(self, asking: Asking, opened: LoadedState, *, reachable: bool) -> Scene[Doc, Case]:
        """The scene of a request.

        Raises:
            NotFound: there is no such flow or session.
            InvalidRequest: answers or events do not fit; points at each.
            Unprocessable: the session goes through another flow, or this one cannot be read.
            TooLarge: the session would hold more than can be kept; nobody was asked yet.
        """
        snapshot = opened.snapshot
        published = self._forms.published(snapshot, asking.request.flow)
        found = session_for(asking.session, opened.session, asking.now, reachable=reachable)
        former = in_flow(found, asking.request.flow)
        session = former.with_request(asking.request)
        variation = self._variation(asking, opened, published.doc, session)
        form = self._forms.varied(snapshot, published, variation.name) if variation else published
        session = _keeping(session, variation)
        docs = [form.doc, *(each.doc for each in self._forms.every(snapshot, published))]
        self._check(docs, asking)
        _check_size(session)
        events = own_events(asking, session.id)
        recent = remembered(opened.recent, map(recent_event, events))
        patience_ms = self._surface.hesitation_ms(form.doc)
        behavior = signals(
            Behavior(recent, opened.summary, session.shown_at, patience_ms), asking.now
        )
        return Scene(
            document=published.document,
            form=form,
            others=self._forms.beside(snapshot, published),
            variation=variation,
            former=former,
            session=session,
            events=discreet(events, frozenset().union(*map(self._surface.personal, docs))),
            behavior=behavior,
            situation=self._situation(asking, opened, form.doc, session, recent, behavior),
        )

    def _variation(
        self, asking: Asking, opened: LoadedState, doc: Doc, session: Session
    ) -> Variation | None:
        flag = self._surface.varied_by(doc)
        if flag is None:
            return None
        return self._varying.of(flag, opened.snapshot, session, opened.kept, asking.now)

    def _check(self, docs: Sequence[Doc], asking: Asking) -> None:
        violations = self._surface.faults(docs, asking.request.answers)
        if violations:
            raise InvalidRequest(
                "The body is invalid.", code="request.invalid", violations=violations
            )

    def _situation(  # noqa: PLR0913, PLR0917  # everything that is known by now
        self,
        asking: Asking,
        opened: LoadedState,
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


def _keeping(session: Session, variation: Variation | None) -> Session:
    """The session with what its visitor was assigned now."""
    if variation is None:
        return session
    return session.model_copy(update={"kept": {**session.kept, **variation.kept}})


def _check_size(session: Session) -> None:
    if len(json.dumps([session.answers, session.traits])) > HELD_CHARS:
        raise TooLarge("The session holds too many answers.", code="session.too_large")
