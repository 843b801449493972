"""`GET /v1/metrics/…`: what was counted."""

from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from cairn.metrics import caching, costs, funnels, overview, performance, quality, variations
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
from functions.console.probes import looked
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
"""Answers that are also given as rows."""


@ROUTES.get(
    "/dashboard",
    operation_id="getDashboard",
    summary="What was counted over a window",
    response_model=DashboardAnswer,
    responses=TABULAR,
    openapi_extra=KEY_NEEDED,
)
def get_dashboard(reader: Asking, asked: Annotated[AskedRows, Query()]) -> Response:
    """Totals, their breakdown by declared dimensions, and their series; rows are its points.

    A window ends with the minute, hour or day that is under way. Windows over 1 h align to hours,
    over 7 d to days.
    """
    question = reader.asks(asked)
    dimensions = question.dimensions()
    found = question.read(overview.wanted(dimensions))
    data = Dashboard.model_validate(overview.overview(found, dimensions))
    answer = DashboardAnswer.of(question.window, question.now, found, data)
    return response(answer, asked.format, partial(points, data))


@ROUTES.get(
    "/performance",
    operation_id="getPerformance",
    summary="How fast operations are, and how often they fail",
    response_model=PerformanceAnswer,
    responses=TABULAR,
    openapi_extra=KEY_NEEDED,
)
def get_performance(reader: Asking, asked: Annotated[AskedPerformance, Query()]) -> Response:
    """Each operation with its count, error rate, mean and percentiles; rows are operations.

    Percentiles come from mergeable sketches, at most `relative_error` off. They are kept of whole
    operations: an answer that is split by a dimension tells counts and means.
    """
    question = reader.asks(asked)
    by = question.split(asked)
    found = question.read(performance.wanted(by))
    data = performance.performance(found, by, asked.operation)
    answer = PerformanceAnswer.of(question.window, question.now, found, data)
    return response(answer, asked.format, partial(records.operations, data))


@ROUTES.get(
    "/costs",
    operation_id="getCosts",
    summary="What models cost, and what the cache saved",
    response_model=CostsAnswer,
    responses=TABULAR,
    openapi_extra=KEY_NEEDED,
)
def get_costs(reader: Asking, asked: Annotated[AskedFlows, Query()]) -> Response:
    """Tokens and dollars by model and by flow; rows are models.

    Savings and the projected month are estimates. With `flow`, models are still told whole; of
    flows it tells this one. Without it, the first 20 published flows by name are told.
    """
    question = reader.asks(asked)
    by, flows = question.split(asked), list(question.flows(asked))
    found = question.read(costs.wanted(flows, by))
    data = costs.costs(found, flows, by, question.now)
    answer = CostsAnswer.of(question.window, question.now, found, data)
    return response(answer, asked.format, partial(records.models, data))


@ROUTES.get(
    "/quality",
    operation_id="getQuality",
    summary="How good decisions are",
    response_model=QualityAnswer,
    responses=TABULAR,
    openapi_extra=KEY_NEEDED,
)
def get_quality(reader: Asking, asked: Annotated[AskedFlows, Query()]) -> Response:
    """How sure decisions were, how often they fell back, and how visitors liked them, by flow.

    Rows are flows. Without `flow`, the first 20 published flows by name are told.
    """
    question = reader.asks(asked)
    by, flows = question.split_flows(asked), list(question.flows(asked))
    found = question.read(quality.wanted(flows, by))
    data = quality.quality(found, flows, by)
    answer = QualityAnswer.of(question.window, question.now, found, data)
    return response(answer, asked.format, partial(records.qualities, data))


@ROUTES.get(
    "/cache",
    operation_id="getCache",
    summary="How often caches hit, by layer",
    response_model=CacheAnswer,
    responses=TABULAR,
    openapi_extra=KEY_NEEDED,
)
def get_cache(reader: Asking, asked: Annotated[AskedFlows, Query()]) -> Response:
    """Hit rates of the plan cache by layer and flow, and of providers' prompt caches by model.

    Rows are flows. Without `flow`, the first 20 published flows by name are told.
    """
    question = reader.asks(asked)
    by, flows = question.split(asked), list(question.flows(asked))
    found = question.read(caching.wanted(flows, by))
    data = caching.caching(found, flows, by)
    answer = CacheAnswer.of(question.window, question.now, found, data)
    return response(answer, asked.format, partial(records.plans, data))


@ROUTES.get(
    "/health",
    operation_id="getVitals",
    summary="How everything that Cairn stands on is doing",
    response_model=HealthAnswer,
    openapi_extra=KEY_NEEDED,
)
def get_health(request: Request, reader: Asking, asked: Annotated[Asked, Query()]) -> Response:
    """Each dependency as `/health` sees it, and each provider of models with its breaker.

    Dependencies and breakers are told as they are now, calls and failures over the window. It
    answers 200 whatever it tells.
    """
    question, wired = reader.asks(asked), reader.wired
    models = wired.published.models(reader.workspace)
    standings = wired.breakers.standings(reader.workspace, models, question.now) if models else {}
    found = question.read(WANTED)
    dependencies = looked(wired.probes, wired.lanes, line_of(request))
    data = vitals(dependencies, models, standings, found)
    answer = HealthAnswer.of(question.window, question.now, found, data)
    return response(answer, "json", list)


@ROUTES.get(
    "/funnel",
    operation_id="getFunnel",
    summary="How far sessions come in a flow",
    response_model=FunnelAnswer,
    responses=TABULAR,
    openapi_extra=KEY_NEEDED,
)
def get_funnel(reader: Asking, asked: Annotated[AskedFunnel, Query()]) -> Response:
    """Sessions that reached, completed and dropped each step of each flow, and their time there.

    Rows are steps. Without `flow`, the first 20 published flows by name are told.
    """
    question = reader.asks(asked)
    by, flows = question.split_flows(asked), question.flows(asked)
    found = question.read(funnels.wanted(list(flows), by))
    data = funnels.funnels(found, flows, by, asked.step)
    answer = FunnelAnswer.of(question.window, question.now, found, data)
    return response(answer, asked.format, partial(records.steps, data))


@ROUTES.get(
    "/experiments",
    operation_id="getExperiments",
    summary="Sessions and conversions by variation, and verdicts",
    response_model=ExperimentsAnswer,
    responses=TABULAR,
    openapi_extra=KEY_NEEDED,
)
def get_experiments(reader: Asking, asked: Annotated[AskedRows, Query()]) -> Response:
    """Sessions and conversions of every variation of each flag that is declared as a dimension.

    Rows are variations. These are counts: whether they differ by more than chance is told of the
    experiments that run, with their subjects by variation.
    """
    question = reader.asks(asked)
    dimensions = question.dimensions()
    found = question.read(variations.wanted(dimensions))
    counted = variations.experiments(found, dimensions)
    judged = running(reader.wired, reader.workspace, question.now)
    data = Experiments(variations=counted.variations, running=judged)
    answer = ExperimentsAnswer.of(question.window, question.now, found, data)
    return response(answer, asked.format, partial(records.variations, counted))
