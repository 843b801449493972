"""A tick of the scheduler, every minute: all alerts, checked once."""

from cairn.platform.clock import Deadline
from cairn.platform.observability.correlation import trace_of
from cairn.platform.observability.invocation import LambdaContext
from functions.alert_check.wiring import wiring


def handler(event: object, context: LambdaContext) -> None:  # noqa: ARG001  # the tick says nothing
    """Checks every rule of every workspace; what fails is logged, counted and tried again."""
    wired = wiring()
    deadline = Deadline.within(context.get_remaining_time_in_millis())
    with wired.telemetry.invocation("alerts.checked", context, trace_of(None), "internal") as line:
        report = wired.check.run(wired.clock(), deadline)
        line.note(
            workspaces=report.turns,
            rules=report.rules,
            firing=report.firing,
            told=report.told,
            untold=report.untold,
            unfinished=report.unfinished,
        )
        wired.telemetry.count("AlertFailures", len(report.failures))
        if report.failures or report.unfinished:
            line.warn(failures=report.failures)
