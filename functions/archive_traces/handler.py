"""A tick of the scheduler, twice an hour: traces that are due, archived."""

from cairn.platform.clock import Deadline
from cairn.platform.observability.correlation import trace_of
from cairn.platform.observability.invocation import LambdaContext
from functions.archive_traces.wiring import wiring


def handler(event: object, context: LambdaContext) -> None:  # noqa: ARG001  # the tick says nothing
    """Archives what is due; what the time does not suffice for waits for the next tick.

    Raises:
        ExceptionGroup: some workspaces failed; the others are archived all the same.
    """
    wired = wiring()
    deadline = Deadline.within(context.get_remaining_time_in_millis())
    with wired.telemetry.invocation("traces.archived", context, trace_of(None), "internal") as line:
        done = wired.turns.run(wired.workspaces(), wired.clock(), deadline)
        line.note(
            hours=done.hours,
            traces=done.traces,
            missed=done.missed,
            unfinished=done.unfinished,
            failures=done.failures,
        )
        wired.telemetry.count("TracesArchived", done.traces)
        wired.telemetry.count("TraceHoursMissed", done.missed)
        if done.failures:
            raise ExceptionGroup("Not every workspace could be archived.", done.errors)
