"""`GET /metrics`: what was counted, for Prometheus."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from cairn.metrics import caching, costs, funnels, overview, performance, quality
from cairn.metrics.exposition import CONTENT_TYPE, exposition
from cairn.metrics.gauges import Told, gauges
from cairn.metrics.series import ALL
from functions.console.asking import AskedScrape
from functions.console.declared import KEY_NEEDED, refusals
from functions.console.question import Asking

ROUTES: Final = APIRouter(tags=["metrics"])


@ROUTES.get(
    "/metrics",
    operation_id="getExposition",
    summary="Metrics in the text format of Prometheus",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
        **refusals(400, 401, 403, 503),
    },
    openapi_extra=KEY_NEEDED,
)
def get_exposition(reader: Asking, asked: Annotated[AskedScrape, Query()]) -> Response:
    """Sums over a window, in the text format 0.0.4, with the key as bearer token.

    All are gauges, named `cairn_window_…`: a window moves on, so that its sums also fall. At most
    2,000 series are shown, with the number that were left out; of flows the first 20 by name.
    """
    question = reader.asks(asked)
    flows = question.first_flows()
    names = list(flows)
    found = question.read(
        overview.wanted([]) + performance.wanted(None) + costs.wanted(names, None)
    )
    everything = found.counters(ALL)
    told = Told(
        totals=overview.totals_of(everything),
        folded=overview.folded_of(everything),
        performance=performance.performance(found, None),
        costs=costs.costs(found, names, None, question.now),
        quality=quality.quality(found, names, None),
        caching=caching.caching(found, names, None),
        funnels=funnels.funnels(found, flows, None),
    )
    return Response(exposition(gauges(told, question.window)), media_type=CONTENT_TYPE)
