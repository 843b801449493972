"""The read and manage API: API Gateway events to the ASGI application and back."""

import asyncio
from functools import cache
from typing import Final

from fastapi import FastAPI
from mangum import Mangum

from cairn.platform.edge import deadline_of, in_time
from cairn.platform.errors import DeadlineExceeded
from cairn.platform.http import JSON, PROBLEM_JSON, Answer, Event, refused
from cairn.platform.observability.correlation import trace_of
from cairn.platform.observability.invocation import LambdaContext
from functions.console.answers import JSON_LINES
from functions.console.app import application
from functions.console.border import Border
from functions.console.wiring import wiring

TEXT: Final = ["text/", JSON, PROBLEM_JSON, JSON_LINES]
"""Content types that are handed to the gateway as text."""


def handler(event: Event, context: LambdaContext) -> Answer:
    """Answers one request."""
    headers = {name.lower(): value for name, value in event.get("headers", {}).items()}
    trace = trace_of(headers.get("traceparent"))
    with wiring().telemetry.invocation(event["routeKey"], context, trace) as line:
        deadline = deadline_of(context)
        border = Border(process_application(), line, deadline)
        try:
            return in_time(deadline, lambda: _through(border, event, context))
        except DeadlineExceeded as error:
            return refused(error, line)


@cache
def process_application() -> FastAPI:
    """The process's application, made at the first request."""
    return application(wiring())


def _through(border: Border, event: Event, context: LambdaContext) -> Answer:
    with asyncio.Runner() as runner:  # Mangum runs in the thread's loop and makes none itself
        runner.get_loop()
        mangum = Mangum(border, lifespan="off", text_mime_types=TEXT)
        return mangum(dict(event), context)  # type: ignore[arg-type]  # handed on unread
