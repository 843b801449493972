"""POST /v1/decisions and what belongs to it: decisions and sessions, made and read."""

from datetime import datetime
from http import HTTPStatus
from typing import Final

from cairn.access.model import Principal, Scope
from cairn.decisions.asking import Asking
from cairn.decisions.limits import (
    BODY_BYTES,
    LONGEST_DEADLINE_MS,
)
from cairn.decisions.log import notes
from cairn.decisions.model import DecisionRequest, SessionRequest
from cairn.decisions.record import Record
from cairn.decisions.replay import ReplayRequest
from cairn.decisions.sessions import SessionAsked, no_session, owned
from cairn.decisions.starting import Starting, start
from cairn.events.own import DECIDE
from cairn.events.skew import SENT_AT_HEADER, in_ms, skew_of
from cairn.platform.clock import Deadline
from cairn.platform.errors import CairnError, NotFound
from cairn.platform.http import Answer, Event, Request, Response, serve
from cairn.platform.idempotency import Repeatable, repeatable_of
from cairn.platform.observability.correlation import pseudonym
from cairn.platform.observability.invocation import LambdaContext
from functions.decide_next_step.wiring import wiring

UNSURE: Final = frozenset({"late", "lost"})
"""Fates of a report after which it may never be counted."""


def handler(event: Event, context: LambdaContext) -> Answer:
    """Answers one request."""
    routes = {
        DECIDE: decide,
        "GET /v1/decisions/{id}": read_decision,
        "POST /v1/decisions/{id}/replay": replay_decision,
        "POST /v1/sessions": start_session,
        "GET /v1/sessions/{id}": read_session,
    }
    wired = wiring()
    return serve(
        event,
        context,
        routes,
        wired.telemetry,
        punctual=[DECIDE],
        completed=wired.completions.begun(),
    )


def decide(request: Request) -> Response:
    """Decides what a visitor sees next."""
    wired = wiring()
    started_s = wired.tick()
    try:
        body = request.parsed(DecisionRequest, limit_bytes=BODY_BYTES)
    except CairnError:
        _principal(request, Scope.DECIDE)  # who may not ask is told so first
        raise
    within_ms = min(body.deadline_ms, request.deadline.left_ms())
    deadline = request.line.deadline = Deadline(started_s + within_ms / 1000, wired.tick)
    principal = _principal(request, Scope.DECIDE, deadline)
    now = wired.clock()
    skew = skew_of(_sent_at(request, body), now)
    made = wired.decide.decide(
        Asking(
            workspace=principal.workspace,
            decision_id=wired.ids.sortable("dec", now),
            trace_id=request.trace.trace_id,
            now=now,
            deadline=deadline,
            started_s=started_s,
            session=_session(principal, body.session_id),
            request=body,
            repeatable=_repeatable(request),
            skew=skew,
        )
    )
    request.line.reported = True
    say = request.line.warn if made.reported in UNSURE else request.line.note
    say(**notes(made), clock_skew_ms=in_ms(skew))
    wired.telemetry.count("DecisionsDegraded", int(made.decision.degraded is not None))
    wired.telemetry.count("ReportsUnsure", int(made.reported in UNSURE))
    wired.telemetry.count("ModelCalls", len(made.record.consulted) if made.reported else 0)
    repeated = {} if made.reported else {"idempotent_replayed": "true"}
    return Response.of(made.decision, HTTPStatus.OK, **repeated)


def read_decision(request: Request) -> Response:
    """A decision as it was answered."""
    principal = _principal(request, Scope.READ_DECISIONS)
    return Response.of(_record(principal, request.path["id"]).answer)


def replay_decision(request: Request) -> Response:
    """What would be decided, as it was or with something changed; nothing is kept of it."""
    wired = wiring()
    started_s = wired.tick()
    principal = _principal(request, Scope.READ_DECISIONS)
    asked = request.parsed(ReplayRequest, limit_bytes=BODY_BYTES)
    record = _record(principal, request.path["id"])
    within_ms = min(LONGEST_DEADLINE_MS, request.deadline.left_ms())
    deadline = Deadline(started_s + within_ms / 1000, wired.tick)
    view = wired.replays().replay(wired.archive, record, asked, deadline)
    request.line.note(decision_id=record.answer.id, replayed=view.source, same=view.same)
    return Response.of(view)


def start_session(request: Request) -> Response:
    """Starts a session without deciding."""
    wired = wiring()
    started_s = wired.tick()
    principal = _principal(request, Scope.DECIDE)
    body = request.parsed(SessionRequest, limit_bytes=BODY_BYTES)
    asked = _session(principal, body.session_id)
    starting = Starting(
        now=wired.clock(),
        session=asked,
        request=body,
        trace_id=request.trace.trace_id,
        elapsed_ms=lambda: (wired.tick() - started_s) * 1000,
        repeatable=_repeatable(request),
    )
    started = start(wired.desk, starting)
    request.line.reported = True
    session = started.session
    request.line.note(
        session_id=pseudonym(session.workspace, session.id), reported=started.reported
    )
    return Response.of(session.view, HTTPStatus.CREATED)


def read_session(request: Request) -> Response:
    """Everything needed to resume a session after its page was lost."""
    wired = wiring()
    principal = _principal(request, Scope.READ_SESSIONS)
    asked = _session(principal, request.path["id"])
    if asked.readable is None:
        raise no_session()
    found = wired.store.session(principal.workspace, asked.readable, wired.clock())
    if found is None:
        raise no_session()
    return Response.of(owned(found, brings=asked.brings).view)


def _principal(request: Request, scope: Scope, deadline: Deadline | None = None) -> Principal:
    principal = wiring().keys.authenticate(
        request.headers, request.query, scope, deadline or request.deadline
    )
    request.line.note(workspace=principal.workspace)
    return principal


def _record(principal: Principal, decision_id: str) -> Record:
    wired = wiring()
    record = wired.archive.find(principal.workspace, decision_id, wired.clock())
    if record is None:
        raise NotFound("There is no such decision.", code="decision.not_found")
    return record


def _session(principal: Principal, given: str | None) -> SessionAsked:
    brings = Scope.BRING_SESSIONS in principal.scopes
    return SessionAsked(principal.workspace, given, wiring().ids.secret("ses"), brings=brings)


def _sent_at(request: Request, body: DecisionRequest) -> datetime | None:
    """When the request was sent, by the sender's clock: as its body says, or else its header."""
    if body.sent_at is not None or SENT_AT_HEADER not in request.headers:
        return body.sent_at
    from cairn.events.formats import sent_at  # noqa: PLC0415  # few say it there

    return sent_at(request.headers)


def _repeatable(request: Request) -> Repeatable | None:
    key = request.headers.get("idempotency-key")
    return repeatable_of(key, request.route, request.body)
