"""A tick of the scheduler, every minute: the outbox, swept once."""

from cairn.platform.observability.correlation import trace_of
from cairn.platform.observability.invocation import LambdaContext
from functions.sweep_outbox.wiring import wiring


def handler(event: object, context: LambdaContext) -> None:  # noqa: ARG001  # the tick says nothing
    """Sends what waits; what the queue refuses again waits for the next tick."""
    wired = wiring()
    with wired.telemetry.invocation("outbox.swept", context, trace_of(None), "internal") as line:
        sent, refused = wired.outbox.sweep(wired.queue)
        line.note(sent=sent, refused=refused)
        wired.telemetry.count("ParcelsSwept", sent)
        if refused:
            line.warn(code="queue_unavailable")
