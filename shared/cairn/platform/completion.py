"""Answers that are told of by themselves, because nothing else that was sent tells of them."""

from collections.abc import Callable
from dataclasses import dataclass

from cairn.platform.clock import Deadline
from cairn.platform.edge import in_time
from cairn.platform.errors import DeadlineExceeded
from cairn.platform.observability.invocation import (
    WRITE_RESERVE_MS,
    Invocation,
    LambdaContext,
    Telemetry,
)


@dataclass(frozen=True, slots=True)
class Answered:
    """A request that was answered, and has not told of itself.

    Attributes:
        workspace: whose it is.
        code: of what went wrong, if anything did.
    """

    workspace: str
    route: str
    status: int
    trace_id: str
    code: str | None


type Completed = Callable[[Answered], bool]
"""Tells that a request was answered; whether it could."""


def tell(
    completed: Completed,
    route: str,
    context: LambdaContext,
    line: Invocation,
    telemetry: Telemetry,
) -> None:
    """Tells of an answer while there is time; one that cannot be told of is counted."""
    workspace, code = line.fields.get("workspace"), line.fields.get("code")
    if not isinstance(workspace, str) or line.reported:
        return
    answered = Answered(
        workspace=workspace,
        route=route,
        status=int(str(line.fields["status"])),
        trace_id=line.trace_id,
        code=code if isinstance(code, str) else None,
    )
    within = Deadline.within(context.get_remaining_time_in_millis() - WRITE_RESERVE_MS)
    try:
        told = in_time(line.deadline or within, lambda: completed(answered))
    except DeadlineExceeded:
        told = False
    telemetry.count("ReportsUnsure", int(not told))
