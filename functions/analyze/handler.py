"""A tick of the scheduler, or POST /v1/experiments/{id}/analysis: experiments, judged."""

from typing import Final

from cairn.access.model import Scope
from cairn.experiments.views import Analysed
from cairn.platform.clock import Deadline
from cairn.platform.http import Answer, Event, Request, Response, serve
from cairn.platform.observability.correlation import trace_of
from cairn.platform.observability.invocation import LambdaContext
from functions.analyze.wiring import wiring

ROUTE: Final = "POST /v1/experiments/{id}/analysis"


def handler(event: Event, context: LambdaContext) -> Answer | None:
    """Answers one request, or judges all experiments on a tick."""
    if "routeKey" in event:
        return serve(event, context, {ROUTE: analyse}, wiring().telemetry)
    tick(context)
    return None


def analyse(request: Request) -> Response:
    """Judges one experiment now, for whoever may read results: the next tick would do the same."""
    wired = wiring()
    principal = wired.keys.authenticate(
        request.headers, request.query, Scope.READ_METRICS, request.deadline
    )
    request.line.note(workspace=principal.workspace)
    experiment = request.path["id"]
    standing = wired.judging.judge(
        principal.workspace, experiment, request.trace.trace_id, wired.clock(), request.deadline
    )
    request.line.note(experiment=experiment, verdict=standing.result.verdict.word)
    return Response.of(Analysed.of(standing))


def tick(context: LambdaContext) -> None:
    """Judges every experiment that may have news; what fails is logged, counted, tried again."""
    wired = wiring()
    deadline = Deadline.within(context.get_remaining_time_in_millis())
    trace = trace_of(None)
    with wired.telemetry.invocation("experiments.judged", context, trace, "internal") as line:
        report = wired.judging.run(line.trace_id, wired.clock(), deadline)
        line.note(
            workspaces=report.turns,
            looked=report.looked,
            rolled_back=report.rolled_back,
            unfinished=report.unfinished,
        )
        wired.telemetry.count("ExperimentFailures", len(report.failures))
        wired.telemetry.count("ExperimentsRolledBack", report.rolled_back)
        if report.failures or report.unfinished:
            line.warn(failures=report.failures)
