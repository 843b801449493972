"""POST /v1/traces: spans of others, as OTLP/HTTP brings them.

To send an export again is safe: a span is its id.
"""

from cairn.access.model import Scope
from cairn.platform.errors import CairnError
from cairn.platform.http import Answer, Event, Request, Response, serve
from cairn.platform.observability.invocation import LambdaContext
from cairn.traces.admission import admit
from cairn.traces.border import exported, refusal, taken
from functions.collect_traces.wiring import wiring


def handler(event: Event, context: LambdaContext) -> Answer:
    """Answers one request."""
    return serve(event, context, {"POST /v1/traces": collect}, wiring().telemetry)


def collect(request: Request) -> Response:
    """Takes an export, or refuses it in the words of its encoding."""
    try:
        return _collected(request)
    except CairnError as error:
        request.line.note(code=error.code)
        return refusal(error, request.media_type, request.trace.trace_id)


def _collected(request: Request) -> Response:
    """Keeps every good span of an export; the others are answered for by their number."""
    wired = wiring()
    principal = wired.keys.authenticate(
        request.headers, request.query, Scope.WRITE_TRACES, request.deadline
    )
    request.line.note(workspace=principal.workspace)
    now = wired.clock()
    admitted = admit(exported(request), now, contents=wired.contents)
    request.line.note(
        accepted=len(admitted.spans),
        rejected=admitted.rejected.total(),
        cut=admitted.cut,
        contents_dropped=admitted.contents,
    )
    wired.traces.keep(principal.workspace, admitted.spans, now)
    return taken(admitted, request.media_type)
