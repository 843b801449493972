"""Pages for people."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Response

from cairn.experiments.model import Identifier
from functions.console.declared import PUBLIC, refusals
from functions.console.page import experiment_page

ROUTES: Final = APIRouter(tags=["experiments"])

HTML: Final = "text/html"


@ROUTES.get(
    "/experiments/{id}",
    operation_id="getExperimentPage",
    summary="A page that shows an experiment's results",
    response_class=Response,
    responses={200: {"content": {HTML: {"schema": {"type": "string"}}}}, **refusals(400)},
    openapi_extra=PUBLIC,
)
def get_page(_identifier: Annotated[Identifier, Path(alias="id")]) -> Response:
    """The same page for every experiment: it asks for a key, and reads the API with it."""
    page = experiment_page()
    headers = {
        "content-security-policy": page.policy,
        "cache-control": "no-cache",
        "cross-origin-opener-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
    return Response(page.html, headers=headers, media_type=f"{HTML}; charset=utf-8")
