"""POST /v1/events: what visitors did, on its way to the queue.

Sending a batch again is safe with or without an `Idempotency-Key`: an event is its id.
"""

from datetime import datetime
from http import HTTPStatus

from cairn.access.model import Principal, Scope
from cairn.events.admission import Arrival, Sender, admit
from cairn.events.formats import Batch, read_batch
from cairn.events.own import TRACK, Served
from cairn.events.skew import skew_of
from cairn.platform.http import Answer, Event, Request, Response, serve
from cairn.platform.observability.invocation import LambdaContext
from functions.track_event.wiring import wiring


def handler(event: Event, context: LambdaContext) -> Answer:
    """Answers one request."""
    wired = wiring()
    completed = wired.completions.begun()
    return serve(event, context, {TRACK: track}, wired.telemetry, completed=completed)


def track(request: Request) -> Response:
    """Takes a batch of events; each is answered for by itself."""
    wired = wiring()
    started_s = wired.tick()
    principal = wired.keys.authenticate(
        request.headers, request.query, Scope.TRACK, request.deadline
    )
    request.line.note(workspace=principal.workspace)
    arrival, batch = _arrived(request, wired.clock())
    admitted = admit(batch.events, _sender(principal), arrival)
    served = Served(
        operation=request.route,
        status=HTTPStatus.ACCEPTED,
        latency_ms=(wired.tick() - started_s) * 1000,
        trace_id=arrival.trace_id,
    )
    tracked = wired.intake.take(principal.workspace, admitted, served, arrival)
    request.line.reported = bool(admitted.events)
    request.line.note(
        accepted=tracked.accepted,
        repeated=tracked.repeated,
        rejected=len(tracked.rejected),
        retryable=len(tracked.retryable),
        redacted=len(tracked.redacted),
        clock_skew_ms=tracked.clock_skew_ms,
    )
    return Response.of(tracked, HTTPStatus.ACCEPTED)


def _arrived(request: Request, now: datetime) -> tuple[Arrival, Batch]:
    batch = read_batch(request.headers, request.body)
    skew = skew_of(batch.sent_at, now)
    return Arrival(now=now, trace_id=request.trace.trace_id, skew=skew), batch


def _sender(principal: Principal) -> Sender:
    return Sender(
        workspace=principal.workspace,
        brings_sessions=Scope.BRING_SESSIONS in principal.scopes,
        trusted=principal.kind == "secret",
    )
