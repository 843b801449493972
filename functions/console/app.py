"""The console's ASGI application: its routes, and refusals in our words."""

from typing import Final

from fastapi import FastAPI

from functions.console import problems
from functions.console.routes import description, health, metrics
from functions.console.wiring import Wiring

ROUTERS: Final = (metrics.ROUTES, health.ROUTES, description.ROUTES)


def application(wiring: Wiring) -> FastAPI:
    """The application over `wiring`."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.state.wiring = wiring
    for routes in ROUTERS:
        app.include_router(routes)
    problems.install(app)
    return app
