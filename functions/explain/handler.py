"""GET and POST /v1/decisions/{id}/explanation, and the queue of narratives that are wanted."""

from collections import Counter
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from cairn.access.model import Principal, Scope
from cairn.decisions.record import Record
from cairn.explanations.consume import RETURNED, Delivered, consume
from cairn.explanations.explain import explained
from cairn.explanations.model import Narrative, NarrativeOrder
from cairn.platform.errors import NotFound
from cairn.platform.http import Answer, Event, Request, Response, serve
from cairn.platform.observability.correlation import trace_of_batch
from cairn.platform.observability.invocation import LambdaContext
from functions.explain.wiring import wiring

if TYPE_CHECKING:
    from cairn.events.model import Event as CairnEvent

SOURCE: Final = "explain"
ROUTE: Final = "/v1/decisions/{id}/explanation"


def handler(event: Event, context: LambdaContext) -> Answer:
    """Answers one request, or takes one batch from the queue."""
    if "Records" in event:
        return take(event, context)
    routes = {f"GET {ROUTE}": explain, f"POST {ROUTE}": order}
    return serve(event, context, routes, wiring().telemetry)


def explain(request: Request) -> Response:
    """The explanation as it stands."""
    _, record, narrative = _asked(request)
    return Response.of(explained(record, narrative))


def order(request: Request) -> Response:
    """Orders a narrative, unless there is one."""
    wired = wiring()
    started_s = wired.tick()
    principal, record, narrative = _asked(request)
    if narrative is not None:
        return Response.of(explained(record, narrative))
    trace_id = request.trace.trace_id
    wired.orders().place(
        NarrativeOrder(
            workspace=principal.workspace, decision_id=record.answer.id, trace_id=trace_id
        )
    )
    completed = _completed(request, record, (wired.tick() - started_s) * 1000, wired.clock())
    request.line.note(reported=wired.reporting().report(principal.workspace, completed))
    return Response.of(explained(record, None), HTTPStatus.ACCEPTED)


def take(event: Event, context: LambdaContext) -> Answer:
    """Writes the narratives of one batch; gives the messages that must come again."""
    wired = wiring()
    messages = [Delivered(each["messageId"], each["body"]) for each in event["Records"]]
    trace = trace_of_batch(event["Records"])
    with wired.telemetry.invocation("narratives.written", context, trace, "consumer") as line:
        fates = consume(messages, wired, wired.clock)
        returned = [message for message, fate in fates.items() if fate in RETURNED]
        line.note(fates=[f"{fate}: {count}" for fate, count in Counter(fates.values()).items()])
        if returned:
            line.warn(returned=returned)
        wired.telemetry.count("NarrativesReturned", len(returned))
    return {"batchItemFailures": [{"itemIdentifier": each} for each in returned]}


def _completed(request: Request, record: Record, latency_ms: float, now: datetime) -> "CairnEvent":
    """What an order reports; it is counted in the session of its decision."""
    from cairn.events.own import About, Served, request_completed  # noqa: PLC0415  # few order

    trace_id, flow = request.trace.trace_id, record.answer.flow
    about = About(
        source=SOURCE,
        made=wiring().ids.sortable("req", now),
        at=now,
        session_id=record.answer.session_id,
        subject=record.subject,
    )
    return request_completed(
        Served(request.route, HTTPStatus.ACCEPTED, latency_ms, trace_id, flow), about
    )


def _asked(request: Request) -> tuple[Principal, Record, Narrative | None]:
    wired = wiring()
    principal = wired.keys.authenticate(
        request.headers, request.query, Scope.READ_DECISIONS, request.deadline
    )
    request.line.note(workspace=principal.workspace)
    record, narrative = wired.read(principal.workspace, request.path["id"])
    if record is None:
        raise NotFound("There is no such decision.", code="decision.not_found")
    request.line.note(decision_id=record.answer.id)
    return principal, record, narrative
