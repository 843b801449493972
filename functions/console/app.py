"""The console's ASGI application: its routes, and refusals in our words."""

from fastapi import FastAPI

from functions.console import problems
from functions.console.routes import (
    description,
    experiments,
    exposition,
    flags,
    health,
    metrics,
    pages,
    traces,
)
from functions.console.wiring import Wiring


def application(wiring: Wiring) -> FastAPI:
    """The application over `wiring`."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.wiring = wiring
    subjects = (metrics, traces, flags, experiments, pages, exposition, health, description)
    for subject in subjects:
        app.include_router(subject.ROUTES)
    problems.install(app)
    return app
