"""POST /v1/events: what visitors did, on its way to the queue.

Sending a batch again is safe with or without an `Idempotency-Key`: an event is its id.
"""

from http import HTTPStatus

from cairn.access.model import Principal, Scope
from cairn.events.admission import Sender, admit
from cairn.events.formats import read_batch
from cairn.platform.http import Answer, Event, Request, Response, serve
from cairn.platform.observability.invocation import LambdaContext
from functions.track_event.wiring import wiring


def handler(event: Event, context: LambdaContext) -> Answer:
    """Answers one request."""
    return serve(event, context, {"POST /v1/events": track}, wiring().telemetry)


def track(request: Request) -> Response:
    """Takes a batch of events; each is answered for by itself."""
    wired = wiring()
    principal = wired.keys.authenticate(request.headers, request.query, Scope.TRACK)
    now = wired.clock()
    batch = read_batch(request.media_type, request.body)
    tracked = wired.intake.take(principal.workspace, admit(batch, _sender(principal), now), now)
    request.line.note(
        workspace=principal.workspace,
        accepted=tracked.accepted,
        repeated=tracked.repeated,
        rejected=len(tracked.rejected),
        retryable=len(tracked.retryable),
    )
    return Response.of(tracked, HTTPStatus.ACCEPTED)


def _sender(principal: Principal) -> Sender:
    return Sender(
        brings_sessions=Scope.BRING_SESSIONS in principal.scopes,
        trusted=principal.kind == "secret",
    )
