"""`GET /openapi.json`: the whole API, described."""

from typing import Final

from fastapi import APIRouter, Request, Response

from cairn.platform.http import JSON
from functions.console.declared import PUBLIC

ROUTES: Final = APIRouter(tags=["description"])


@ROUTES.get(
    "/openapi.json",
    operation_id="getDescription",
    summary="This document",
    openapi_extra=PUBLIC,
)
def description(request: Request) -> Response:
    """The whole API as one OpenAPI 3.1 document."""
    from functions.console.openapi import document  # noqa: PLC0415  # every concept's models

    return Response(document(request.app), media_type=JSON)
