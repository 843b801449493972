"""`GET /v1/metrics/…`: what was counted."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from cairn.access.model import Principal, Scope
from cairn.metrics.query import overview
from cairn.metrics.windows import span_of
from cairn.platform.errors import InvalidRequest
from cairn.platform.http import JSON
from functions.console.context import Wired, caller
from functions.console.dashboard import (
    LONGEST_MINUTES,
    DashboardAnswer,
    Window,
    answer_of,
    window_of,
)
from functions.console.declared import KEY_NEEDED, refusals

ROUTES: Final = APIRouter(prefix="/v1/metrics", tags=["metrics"])

type Reader = Annotated[Principal, Depends(caller(Scope.READ_METRICS))]


class Asked(BaseModel):
    """What a reader may ask for; anything else is refused, so that no filter seems to work."""

    model_config = ConfigDict(extra="forbid")

    window: Annotated[Window | None, Field(description="A named window; 1h by default.")] = None
    time_window_minutes: Annotated[
        int | None, Field(ge=1, le=LONGEST_MINUTES, description="A window of as many minutes.")
    ] = None


@ROUTES.get(
    "/dashboard",
    operation_id="getDashboard",
    summary="What was counted over a window",
    response_model=DashboardAnswer,
    responses=refusals(400, 401, 403, 503),
    openapi_extra=KEY_NEEDED,
)
def dashboard(
    wired: Wired,
    reader: Reader,
    asked: Annotated[Asked, Query()],
) -> Response:
    """Totals, their breakdown by declared dimensions, and their series.

    Windows over 1 h align to hours, over 7 d to days; a window always covers its whole length.
    """
    if asked.window is not None and asked.time_window_minutes is not None:
        raise InvalidRequest("Give window or time_window_minutes.", code="request.invalid")
    name, length = window_of(asked.window, asked.time_window_minutes)
    now = wired.clock()
    dimensions = wired.dimensions.of(reader.workspace)
    found = overview(wired.rollups, reader.workspace, span_of(length, now), dimensions)
    return Response(answer_of(found, name, now).model_dump_json(), media_type=JSON)
