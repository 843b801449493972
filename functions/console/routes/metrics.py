"""`GET /v1/metrics/…`: what was counted."""

from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from cairn.metrics import caching, costs, funnels, overview, performance, quality, variations
from cairn.platform.http import JSON
from functions.console import records
from functions.console.answers import (
    CSV,
    JSON_LINES,
    CacheAnswer,
    CostsAnswer,
    Experiments,
    ExperimentsAnswer,
    FunnelAnswer,
    PerformanceAnswer,
    QualityAnswer,
    response,
)
from functions.console.asking import (
    Asked,
    AskedFlows,
    AskedFunnel,
    AskedPerformance,
    AskedRows,
)
from functions.console.context import line_of
from functions.console.dashboard import Dashboard, DashboardAnswer, points
from functions.console.declared import KEY_NEEDED, refusals
from functions.console.question import Asking
from functions.console.standings import running
from functions.console.vitals import WANTED, HealthAnswer, vitals

ROUTES: Final = APIRouter(
    prefix="/v1/metrics",
    tags=["metrics"],
    responses=refusals(400, 401, 403, 503),
)

TABULAR: Final[dict[int | str, dict[str, Any]]] = {  # Any: FastAPI's own type
    200: {"content": {name: {"schema": {"type": "string"}} for name in (CSV, JSON_LINES)}}
}

tabular = partial(ROUTES.get, responses=TABULAR, openapi_extra=KEY_NEEDED)
"""Declares an answer that is also given as rows."""


@tabular(
    "/dashboard",
    operation_id="getDashboard",
    summary="What was counted over a window",
    response_model=DashboardAnswer,
)
def get_dashboard(reader: Asking, asked: Annotated[AskedRows, Query()]) -> Response:
    """Totals, their breakdown by declared dimensions, and their series; rows are its points.

    A window holds all minutes, hours or days in which any of it lies, to the end of the one that is
    under way; an hour, its newest 60 minutes. Windows over 1 h align to hours, over 7 d to days.
    """
    question = reader.asks(asked)
    dimensions = question.dimensions()
    found = question.read(overview.wanted(dimensions))
    data = Dashboard.model_validate(overview.overview(found, dimensions))
    answer = question.answer(DashboardAnswer, found, data)
    return response(answer, asked.format, points)


@tabular(
    "/performance",
    operation_id="getPerformance",
    summary="How fast operations are, and how often they fail",
    response_model=PerformanceAnswer,
)
def get_performance(reader: Asking, asked: Annotated[AskedPerformance, Query()]) -> Response:
    """Each operation with its count, error rate, mean and percentiles; rows are operations.

    Decisions, sessions and events are counted with every answer to a known workspace, refused or
    not; an error is a status from 500 on. What makes no trip to tell of itself is not counted:
    flag evaluations, exports of traces, and what is read or managed here.

    Percentiles come from mergeable sketches, at most `relative_error` off, split or not.
    """
    question = reader.asks(asked)
    by = question.split(asked)
    found = question.read(performance.wanted(by))
    data = performance.performance(found, by, asked.operation)
    answer = question.answer(PerformanceAnswer, found, data)
    return response(answer, asked.format, records.operations)


@tabular(
    "/costs",
    operation_id="getCosts",
    summary="What models cost, and what the cache saved",
    response_model=CostsAnswer,
)
def get_costs(reader: Asking, asked: Annotated[AskedFlows, Query()]) -> Response:
    """Tokens and dollars by model and by flow; rows are models.

    Savings and the projected month are estimates. With `flow`, all is about this one, and rows are
    flows: models, calls and tokens are not counted by flow. Without it, the first 20 published
    flows by name are shown.
    """
    question = reader.asks(asked)
    by, flows = question.split(asked), list(question.flows(asked))
    if asked.flow is None:
        found = question.read(costs.wanted(flows, by))
        answer = question.answer(CostsAnswer, found, costs.costs(found, flows, by, question.now))
        return response(answer, asked.format, records.models)
    found = question.read(costs.wanted_of(flows, by))
    answer = question.answer(CostsAnswer, found, costs.costs_of(found, flows, by, question.now))
    return response(answer, asked.format, records.charges)


@tabular(
    "/quality",
    operation_id="getQuality",
    summary="How good decisions are",
    response_model=QualityAnswer,
)
def get_quality(reader: Asking, asked: Annotated[AskedFlows, Query()]) -> Response:
    """How sure decisions were, how often they fell back, and how visitors liked them, by flow.

    Rows are flows. Without `flow`, the first 20 published flows by name are shown.
    """
    question = reader.asks(asked)
    by, flows = question.split_flows(asked), list(question.flows(asked))
    found = question.read(quality.wanted(flows, by))
    data = quality.quality(found, flows, by)
    answer = question.answer(QualityAnswer, found, data)
    return response(answer, asked.format, records.qualities)


@tabular(
    "/cache",
    operation_id="getCache",
    summary="Cache hit rates, by layer",
    response_model=CacheAnswer,
)
def get_cache(reader: Asking, asked: Annotated[AskedFlows, Query()]) -> Response:
    """Hit rates of the plan cache by layer and flow, and of providers' prompt caches by model.

    Rows are flows. Without `flow`, the first 20 published flows by name are shown.
    """
    question = reader.asks(asked)
    by, flows = question.split(asked), list(question.flows(asked))
    found = question.read(caching.wanted(flows, by))
    data = caching.caching(found, flows, by)
    answer = question.answer(CacheAnswer, found, data)
    return response(answer, asked.format, records.plans)


@ROUTES.get(
    "/health",
    operation_id="getVitals",
    summary="Health of Cairn's dependencies and models",
    response_model=HealthAnswer,
    openapi_extra=KEY_NEEDED,
)
def get_health(request: Request, reader: Asking, asked: Annotated[Asked, Query()]) -> Response:
    """Each dependency as `/health` sees it, and each provider of models with its breaker.

    Dependencies and breakers are shown as they are now, calls and failures over the window. It
    always answers 200.
    """
    question, wired = reader.asks(asked), reader.wired
    models = wired.published.models(reader.workspace)
    asking = [
        (each, wired.breakers.standings(reader.workspace, each, question.now)) for each in models
    ]
    found = question.read(WANTED)
    dependencies = wired.lookout.look(line_of(request))
    data = vitals(dependencies, asking, found)
    answer = question.answer(HealthAnswer, found, data)
    return Response(answer.model_dump_json(), media_type=JSON)


@tabular(
    "/funnel",
    operation_id="getFunnel",
    summary="How far sessions get in a flow",
    response_model=FunnelAnswer,
)
def get_funnel(reader: Asking, asked: Annotated[AskedFunnel, Query()]) -> Response:
    """Sessions that reached, completed and dropped each step of each flow, and their time there.

    Rows are steps. Without `flow`, the first 20 published flows by name are shown.
    """
    question = reader.asks(asked)
    by, flows = question.split_flows(asked), question.flows(asked)
    found = question.read(funnels.wanted(list(flows), by))
    data = funnels.funnels(found, flows, by, asked.step)
    answer = question.answer(FunnelAnswer, found, data)
    return response(answer, asked.format, records.steps)


@tabular(
    "/experiments",
    operation_id="getExperiments",
    summary="Sessions and conversions by variation, and verdicts",
    response_model=ExperimentsAnswer,
)
def get_experiments(reader: Asking, asked: Annotated[AskedRows, Query()]) -> Response:
    """Sessions and conversions of every variation of each flag that is declared as a dimension.

    Rows are variations. These are counts: whether they differ by more than chance is said of
    running experiments only, with their subjects by variation.
    """
    question = reader.asks(asked)
    dimensions = question.dimensions()
    found = question.read(variations.wanted(dimensions))
    counted = variations.experiments(found, dimensions)
    judged = running(reader.wired, reader.workspace, question.now)
    data = Experiments(variations=counted.variations, running=judged)
    answer = question.answer(ExperimentsAnswer, found, data)
    return response(answer, asked.format, records.variations)
