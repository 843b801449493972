"""Every refusal of the console as RFC 9457 problem details, like those of the other functions."""

from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from cairn.platform.errors import (
    CairnError,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    Violation,
)
from cairn.platform.http import pointer, problem
from cairn.platform.observability.invocation import Invocation
from functions.console.context import line_of

UNROUTED: Final[dict[int, CairnError]] = {
    404: NotFound("There is no such route.", code="route.not_found"),
    405: MethodNotAllowed(
        "The route does not support this method.", code="route.method_not_allowed"
    ),
}
"""What the router itself refuses."""


def answer(error: CairnError, line: Invocation) -> Response:
    """`error` as an answer, noted on the invocation's line."""
    response = problem(error, line.trace_id)
    line.note(code=error.code)
    return Response(response.body, int(response.status), dict(response.headers))


def install(application: FastAPI) -> None:
    """Makes `application` refuse in our words only."""
    application.exception_handler(CairnError)(_refused)
    application.exception_handler(RequestValidationError)(_invalid)
    application.exception_handler(HTTPException)(_unrouted)
    application.exception_handler(Exception)(_broken)


def _refused(request: Request, error: CairnError) -> Response:
    return answer(error, line_of(request))


def _invalid(request: Request, error: RequestValidationError) -> Response:
    violations = [
        Violation(pointer(tuple(each["loc"])), f"request.{each['type']}", each["msg"])
        for each in error.errors()
    ]
    refusal = InvalidRequest(
        "The request is invalid.", code="request.invalid", violations=violations
    )
    return answer(refusal, line_of(request))


def _unrouted(request: Request, error: HTTPException) -> Response:
    response = answer(UNROUTED[error.status_code], line_of(request))
    response.headers.update(error.headers or {})
    return response


def _broken(request: Request, _error: Exception) -> Response:
    return answer(CairnError("An internal error occurred."), line_of(request))
