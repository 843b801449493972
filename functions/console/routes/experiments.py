"""`/v1/experiments…`: what runs, and what may be believed of it."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from cairn.access.model import Principal, Scope
from cairn.experiments.model import Identifier
from cairn.experiments.published_experiments import PublishedExperiment
from cairn.experiments.status import Status, status_of
from cairn.experiments.views import ExperimentList, ExperimentView, ResultsView
from cairn.platform.errors import NotFound
from cairn.platform.http import JSON
from functions.console.context import Wired, caller
from functions.console.declared import KEY_NEEDED, refusals
from functions.console.standings import rows
from functions.console.wiring import Wiring

ROUTES: Final = APIRouter(prefix="/v1/experiments", tags=["experiments"])

DEFAULT_LIMIT: Final = 50
LONGEST_LIST: Final = 100
"""Experiments of a page: their standings are read in one trip."""

FOUND: Final = refusals(400, 401, 403, 404, 503)

type Reader = Annotated[Principal, Depends(caller(Scope.READ_METRICS))]
type Id = Annotated[Identifier, Path(alias="id")]


class AskedExperiments(BaseModel):
    """What may be asked of experiments; anything else is refused, so that filters work or fail."""

    model_config = ConfigDict(extra="forbid")

    status: Annotated[Status | None, Field(description="Only experiments in this status.")] = None
    limit: Annotated[int, Field(ge=1, le=LONGEST_LIST, description="Experiments per page.")] = (
        DEFAULT_LIMIT
    )
    cursor: Annotated[Identifier | None, Field(description="`next` of the previous page.")] = None


@ROUTES.get(
    "",
    operation_id="listExperiments",
    summary="Lists experiments by id",
    response_model=ExperimentList,
    responses=refusals(400, 401, 403, 503),
    openapi_extra=KEY_NEEDED,
)
def list_experiments(
    wired: Wired, reader: Reader, asked: Annotated[AskedExperiments, Query()]
) -> Response:
    """Experiments as they are published, each with the verdict of its last look."""
    now = wired.clock()
    found = [each for each in wired.planned.of(reader.workspace).values() if _is(each, asked, now)]
    page = found[: asked.limit]
    answer = ExperimentList(
        experiments=rows(wired, reader.workspace, page, now),
        next=page[-1].document.id if len(found) > len(page) else None,
    )
    return Response(answer.model_dump_json(), media_type=JSON)


@ROUTES.get(
    "/{id}",
    operation_id="getExperiment",
    summary="An experiment and its status",
    response_model=ExperimentView,
    responses=FOUND,
    openapi_extra=KEY_NEEDED,
)
def get_experiment(wired: Wired, reader: Reader, identifier: Id) -> Response:
    """Its document as it is published, and the verdict of its last look."""
    planned = _planned(wired, reader.workspace, identifier)
    standing = wired.standings.standing(reader.workspace, identifier)
    answer = ExperimentView.of(planned, standing, wired.clock())
    return Response(answer.model_dump_json(), media_type=JSON)


@ROUTES.get(
    "/{id}/results",
    operation_id="getExperimentResults",
    summary="Results of an experiment, and how they developed",
    response_model=ResultsView,
    responses=FOUND,
    openapi_extra=KEY_NEEDED,
)
def get_results(wired: Wired, reader: Reader, identifier: Id) -> Response:
    """The result of the last look, with its verdict and the reasons for it.

    It is analysed every quarter of an hour, and on `POST /v1/experiments/{id}/analysis`.
    """
    now = wired.clock()
    planned = _planned(wired, reader.workspace, identifier)
    started = planned.document.started
    standing = wired.standings.standing(reader.workspace, identifier)
    course = (
        wired.standings.course(reader.workspace, identifier, started, now)
        if standing and started
        else []
    )
    answer = ResultsView.of(planned, standing, course, now)
    return Response(answer.model_dump_json(), media_type=JSON)


def _is(planned: PublishedExperiment, asked: AskedExperiments, now: datetime) -> bool:
    behind = asked.cursor is None or planned.document.id > asked.cursor
    status = status_of(planned.document, planned.metrics, now)
    return behind and asked.status in {None, status}


def _planned(wired: Wiring, workspace: str, identifier: str) -> PublishedExperiment:
    planned = wired.planned.of(workspace).get(identifier)
    if planned is None:
        raise NotFound("There is no such experiment.", code="experiment.not_found")
    return planned
