"""Starting a session without deciding anything in it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from cairn.configuration.model import Kind, Snapshot
from cairn.decisions.desk import Commit, Desk, Reported, StateQuery
from cairn.decisions.model import SessionRequest
from cairn.decisions.repeating import made_before
from cairn.decisions.report import started
from cairn.decisions.session import Session
from cairn.decisions.sessions import SessionAsked, no_session, session_for
from cairn.platform.dynamo import ConditionFailed
from cairn.platform.errors import Conflict, NotFound, StoreUnavailable
from cairn.platform.idempotency import Repeatable
from cairn.platform.observability.correlation import pseudonym


class Starting(NamedTuple):
    """A request for a new session.

    Attributes:
        elapsed_ms: milliseconds since the request came.
    """

    now: datetime
    session: SessionAsked
    request: SessionRequest
    trace_id: str
    elapsed_ms: Callable[[], float]
    repeatable: Repeatable | None = None


class Started(NamedTuple):
    """A session that was started.

    Attributes:
        reported: what became of the report; None where it was started before, for the same
            Idempotency-Key.
    """

    session: Session
    reported: Reported | None


def start(desk: Desk, starting: Starting) -> Started:
    """Starts a session, keeps and reports it; again for the same Idempotency-Key, gives it.

    Raises:
        NotFound: there is no such flow; or the id is the caller's own, and may not be.
        Conflict: the id is taken.
        Unprocessable: the Idempotency-Key came with another request before.
        StoreUnavailable: tables are down.
    """
    former, kept = _former(desk, starting)
    if former is not None:
        return Started(former, reported=None)
    session = _session(starting, kept)
    try:
        desk.keep(_leaves(starting, session))
    except ConditionFailed as error:
        former, _ = _former(desk, starting)
        if former is None:
            raise _taken() from error
        return Started(former, reported=None)
    return Started(session, _reported(desk, starting, session))


def _former(desk: Desk, starting: Starting) -> tuple[Session | None, Mapping[str, str]]:
    """The session that an earlier request with the same Idempotency-Key started, if any.

    And the variations that the subject was assigned before.
    """
    asked, named = starting.session, starting.request.subject
    subject = pseudonym(asked.workspace, named.id) if named else None
    wanted = StateQuery(asked.workspace, asked.readable, starting.repeatable, starting.now, subject)
    opened = desk.open(wanted)
    if opened.mark is not None and starting.repeatable is not None:
        return _again(desk, starting, made_before(opened.mark, starting.repeatable)), opened.kept
    if opened.session is not None:
        raise _taken()
    _check_flow(opened.snapshot, starting.request.flow)
    return None, opened.kept


def _reported(desk: Desk, starting: Starting, session: Session) -> Reported:
    events = started(session, starting.trace_id, starting.elapsed_ms())
    try:
        refused = desk.report(session.workspace, events, starting.now)
    except StoreUnavailable:
        return "lost"
    return "outbox" if refused else "sent"


def _session(starting: Starting, kept: Mapping[str, str]) -> Session:
    if starting.session.given is not None and not starting.session.brings:
        raise no_session()
    begun = session_for(starting.session, None, starting.now)
    named = begun.with_subject(starting.request.subject)
    return named.model_copy(update={"flow": starting.request.flow, "kept": dict(kept)})


def _leaves(starting: Starting, session: Session) -> Commit:
    return Commit(
        session=session,
        record=None,
        new_subject=session.subject_id is not None,
        repeatable=starting.repeatable,
        made=session.id,
        now=starting.now,
    )


def _again(desk: Desk, starting: Starting, session_id: str) -> Session:
    wanted = StateQuery(starting.session.workspace, session_id, None, starting.now)
    session = desk.open(wanted).session
    if session is None:
        raise no_session()
    return session


def _check_flow(snapshot: Snapshot, flow: str | None) -> None:
    if flow is not None and snapshot.find(Kind.FLOW, flow) is None:
        raise NotFound("There is no such flow.", code="flow.not_found")


def _taken() -> Conflict:
    return Conflict("A session with this id already exists.", code="session.taken")
