"""What an endpoint finds around its request: the wiring, the caller, the invocation's line."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request

from cairn.access.model import Principal, Scope
from cairn.platform.clock import Deadline
from cairn.platform.observability.invocation import Invocation
from functions.console.wiring import Wiring


def wiring_of(request: Request) -> Wiring:
    """The wiring that the application was made with."""
    wiring: Wiring = request.app.state.wiring
    return wiring


def line_of(request: Request) -> Invocation:
    """The log line of the invocation that this request belongs to."""
    line: Invocation = request.state.line
    return line


def deadline_of(request: Request) -> Deadline:
    """Until when this request must be answered."""
    deadline: Deadline = request.state.deadline
    return deadline


def caller(scope: Scope) -> Callable[[Request], Principal]:
    """A dependency: the principal behind the request, who may do `scope`.

    Its errors are those of `KeyRing.authenticate`.
    """

    def authenticated(request: Request) -> Principal:
        principal = wiring_of(request).keys.authenticate(
            request.headers, request.query_params, scope, deadline_of(request)
        )
        line_of(request).note(workspace=principal.workspace)
        return principal

    return authenticated


type Wired = Annotated[Wiring, Depends(wiring_of)]
