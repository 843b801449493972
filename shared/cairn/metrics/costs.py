"""What models cost, what the plan cache saved, and what a month comes to."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cairn.metrics.breakdown import Segment, groups_in, parts, under_names
from cairn.metrics.caching import hits
from cairn.metrics.measures import COST, TOKENS, UNTIMED
from cairn.metrics.model import Counters
from cairn.metrics.query import Found, Wanted
from cairn.metrics.ratios import mean_ms, ratio, usd
from cairn.metrics.series import MODELS, flow

MONTH: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ModelCost:
    """What one model did and cost.

    Attributes:
        segment: the value of the dimension that the answer is split by; null where it is not.
        calls: decisions that asked it.
        failed: calls that failed.
        attempts: requests to the provider.
        uncached_tokens: input at full price.
        cached_tokens: input from the provider's prompt cache.
        written_tokens: input that was written to it.
        output_tokens: what was answered, less what was thought.
        reasoning_tokens: what was thought.
        lost_tokens: input and output of attempts whose answer was not used.
        avg_ms: the mean time of a call.
    """

    segment: str | None
    provider: str
    model: str
    calls: int
    failed: int
    attempts: int
    uncached_tokens: int
    cached_tokens: int
    written_tokens: int
    output_tokens: int
    reasoning_tokens: int
    lost_tokens: int
    cost_usd: float
    avg_ms: float | None


@dataclass(frozen=True, slots=True)
class FlowCost:
    """What the decisions of a flow cost.

    Attributes:
        decided_anew: decisions that no cache had.
        cached: decisions that a cache had; they cost nothing.
        saved_usd: an estimate of what these would have cost: as much, each, as a decision of the
            flow that was made anew cost on the average.
    """

    segment: str | None
    flow: str
    decided_anew: int
    cached: int
    cost_usd: float
    avg_decision_usd: float | None
    saved_usd: float


@dataclass(frozen=True, slots=True)
class Costs:
    """Costs over a window.

    Attributes:
        cost_usd: of all models; of the flow, where the answer is about one.
        calls: decisions that asked a model; null where the answer is about a flow.
        tokens: by kind, of all models; null where the answer is about a flow.
        saved_usd: an estimate of what cached decisions would have cost; see `flows`.
        projected_month_usd: an estimate: 30 days at the rate of this window.
        models: per provider and model; none where the answer is about a flow.
        flows: per flow.
    """

    cost_usd: float
    calls: int | None
    tokens: Mapping[str, int] | None
    saved_usd: float
    projected_month_usd: float
    models: tuple[ModelCost, ...]
    flows: tuple[FlowCost, ...]


def wanted(flows: Sequence[str], by: Segment | None) -> Wanted:
    """What the costs of some flows and of all models are made of."""
    return wanted_of(flows, by) + Wanted(groups_in(MODELS, by))


def wanted_of(flows: Sequence[str], by: Segment | None) -> Wanted:
    """What the costs of some flows alone are made of."""
    return Wanted(tuple(group for each in flows for group in groups_in(flow(each), by)))


def costs(found: Found, flows: Sequence[str], by: Segment | None, now: datetime) -> Costs:
    """The costs of some flows, and of all models."""
    counted = parts(found, MODELS, by)
    named = {segment: under_names(counters) for segment, counters in counted.items()}
    totals = _totals([its for models in named.values() for its in models.values()])
    of_flows = tuple(_flows(found, flows, by))
    spent = usd(totals.get(COST, 0))
    return Costs(
        cost_usd=spent,
        calls=totals.get("calls", 0),
        tokens={kind: totals.get(kind, 0) for kind in TOKENS},
        saved_usd=_saved_usd(of_flows),
        projected_month_usd=_projected_usd(spent, found, now),
        models=tuple(
            _model(segment, name, its)
            for segment, models in named.items()
            for name, its in models.items()
        ),
        flows=of_flows,
    )


def costs_of(found: Found, flows: Sequence[str], by: Segment | None, now: datetime) -> Costs:
    """The costs of some flows alone; calls and tokens are not counted by flow."""
    of_flows = tuple(_flows(found, flows, by))
    spent = round(sum(each.cost_usd for each in of_flows), 9)
    return Costs(
        cost_usd=spent,
        calls=None,
        tokens=None,
        saved_usd=_saved_usd(of_flows),
        projected_month_usd=_projected_usd(spent, found, now),
        models=(),
        flows=of_flows,
    )


def _saved_usd(flows: Sequence[FlowCost]) -> float:
    return round(sum(each.saved_usd for each in flows), 9)


def _projected_usd(spent: float, found: Found, now: datetime) -> float:
    return round(spent * (MONTH / (now - found.span.start)), 6)


def _totals(models: Sequence[Counters]) -> Counters:
    totals: Counter[str] = Counter()
    for its in models:
        totals.update(its)
    return totals


def _model(segment: str | None, name: str, its: Counters) -> ModelCost:
    provider, _, model = name.partition("/")
    calls = its.get("calls", 0)
    return ModelCost(
        segment=segment,
        provider=provider,
        model=model,
        calls=calls,
        failed=its.get("failed", 0),
        attempts=its.get("attempts", 0),
        uncached_tokens=its.get("uncached", 0),
        cached_tokens=its.get("cached", 0),
        written_tokens=its.get("written", 0),
        output_tokens=its.get("output", 0),
        reasoning_tokens=its.get("reasoning", 0),
        lost_tokens=its.get("lost", 0),
        cost_usd=usd(its.get(COST, 0)),
        avg_ms=mean_ms(its.get("us", 0), calls - its.get(UNTIMED, 0)),
    )


def _flows(found: Found, flows: Sequence[str], by: Segment | None) -> Iterator[FlowCost]:
    for name in flows:
        for segment, its in parts(found, flow(name), by).items():
            yield _flow(segment, name, its)


def _flow(segment: str | None, name: str, its: Counters) -> FlowCost:
    cached = hits(its)
    anew = its.get("decisions", 0) - cached
    spent = usd(its.get(COST, 0))
    return FlowCost(
        segment=segment,
        flow=name,
        decided_anew=anew,
        cached=cached,
        cost_usd=spent,
        avg_decision_usd=ratio(spent, anew),
        saved_usd=round(cached * spent / anew, 9) if anew else 0.0,
    )
