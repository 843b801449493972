"""`GET /health`: whether Cairn answers, and, for callers with a key, what it stands on."""

from typing import Final

from fastapi import APIRouter, Request, Response

from cairn.access.keys import presented_key
from cairn.access.model import Scope
from cairn.platform.errors import Forbidden, Unauthenticated
from cairn.platform.http import JSON
from functions.console.context import Wired, caller, line_of
from functions.console.declared import KEY_OPTIONAL, refusals
from functions.console.health import Health, overall

ROUTES: Final = APIRouter(tags=["health"])

_known = caller(Scope.READ_METRICS)


@ROUTES.get(
    "/health",
    operation_id="getHealth",
    summary="How Cairn is doing",
    response_model=Health,
    responses={**refusals(401, 403), 503: {"model": Health, "description": "Cairn is down."}},
    openapi_extra=KEY_OPTIONAL,
)
def health(request: Request, wired: Wired) -> Response:
    """Answers 200, or 503 when Cairn is down; dependencies are shown only to callers with a key."""
    dependencies = wired.lookout.look(line_of(request))
    found = Health(status=overall(dependencies))
    if _may_know(request):
        found = Health(status=found.status, dependencies=dependencies)
    return Response(found.model_dump_json(exclude_none=True), found.http_status, media_type=JSON)


def _may_know(request: Request) -> bool:
    """Whether the caller showed a key that opens the details.

    While keys can't be looked up, nobody may.

    Raises:
        Unauthenticated: the key opens nothing.
        Forbidden: it opens other things.
    """
    if presented_key(request.headers, request.query_params) is None:
        return False
    try:
        _known(request)
    except (Unauthenticated, Forbidden):
        raise
    except Exception as error:  # noqa: BLE001  # health answers whatever is broken; it is told
        line_of(request).warn(keys=type(error).__name__)
        return False
    return True
