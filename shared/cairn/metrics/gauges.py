"""What was counted over a window as gauges: what they are called, and what they say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cairn.metrics.caching import Caching
from cairn.metrics.costs import Costs
from cairn.metrics.exposition import Gauge, Sample
from cairn.metrics.funnels import Funnels
from cairn.metrics.measures import TOKENS
from cairn.metrics.model import Counters
from cairn.metrics.overview import Totals
from cairn.metrics.performance import Operation, Performance
from cairn.metrics.quality import Quality
from cairn.metrics.ratios import MILLI

PREFIX: Final = "cairn_window_"
"""How all names begin: they are sums over a window, never counters that only grow."""

QUANTILES: Final = ("0.5", "0.95", "0.99")

type Labelled = tuple[Mapping[str, str], float | None]


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that is told of one window."""

    totals: Totals
    folded: Counters
    performance: Performance
    costs: Costs
    quality: Quality
    caching: Caching
    funnels: Funnels


def gauges(told: Told, window: str) -> list[Gauge]:
    """The gauges of a window, its length on each sample."""
    return [
        Gauge(PREFIX + name, says, _samples(values, window))
        for name, says, values in (
            *_overall(told.totals, told.folded),
            *_operations(told.performance),
            *_models(told.costs),
            *_decisions(told.quality),
            *_plans(told.caching),
            *_funnels(told.funnels),
        )
    ]


type Family = tuple[str, str, Sequence[Labelled]]


def _overall(totals: Totals, folded: Counters) -> list[Family]:
    return [
        ("sessions", "Sessions that began.", [({}, totals.sessions)]),
        ("page_views", "Pages that were seen.", [({}, totals.page_views)]),
        ("events", "Events by type.", _by("type", totals.events)),
        (
            "late_events",
            "Events that came more than two days after they happened.",
            [({}, totals.late)],
        ),
        ("conversions", "Conversions by name.", _by("name", totals.conversions)),
        (
            "folded",
            "What is counted as other: sessions by dimension, events by vocabulary.",
            _by("name", folded),
        ),
    ]


def _operations(performance: Performance) -> list[Family]:
    named = [({"operation": each.operation}, each) for each in performance.operations]
    return [
        ("operations", "Operations carried out.", [(name, it.count) for name, it in named]),
        (
            "operation_errors",
            "Operations that failed by a fault of ours.",
            [(name, it.errors) for name, it in named],
        ),
        (
            "operation_degraded",
            "Operations answered with less, because something was down.",
            [(name, it.degraded) for name, it in named],
        ),
        (
            "operation_duration_seconds",
            f"Percentiles of durations, at most {performance.relative_error:.0%} off.",
            [
                ({**name, "quantile": quantile}, None if ms is None else ms / MILLI)
                for name, it in named
                for quantile, ms in zip(QUANTILES, _percentiles(it), strict=True)
            ],
        ),
    ]


def _models(costs: Costs) -> list[Family]:
    named = [({"provider": each.provider, "model": each.model}, each) for each in costs.models]
    return [
        ("model_calls", "Decisions that asked a model.", [(name, it.calls) for name, it in named]),
        (
            "model_failed_calls",
            "Model calls that failed.",
            [(name, it.failed) for name, it in named],
        ),
        (
            "model_tokens",
            "Tokens by kind.",
            [
                ({**name, "kind": kind}, getattr(it, f"{kind}_tokens"))
                for name, it in named
                for kind in TOKENS
            ],
        ),
        ("model_cost_usd", "What models cost.", [(name, it.cost_usd) for name, it in named]),
        (
            "saved_cost_usd",
            "An estimate of what cached decisions would have cost.",
            [({}, costs.saved_usd)],
        ),
    ]


def _decisions(quality: Quality) -> list[Family]:
    flows = [({"flow": each.flow}, each) for each in quality.flows]
    return [
        ("decisions", "Decisions by flow.", [(flow, it.decisions) for flow, it in flows]),
        (
            "decision_share",
            "Share of decisions by what made them.",
            [
                ({**flow, "source": source}, share)
                for flow, it in flows
                for source, share in it.sources.items()
            ],
        ),
        ("decision_confidence", "Mean confidence.", [(flow, it.confidence) for flow, it in flows]),
        (
            "degraded_share",
            "Share of decisions that were degraded.",
            [(flow, it.degraded_rate) for flow, it in flows],
        ),
        (
            "feedback_score",
            "Mean score that visitors gave.",
            [(flow, it.score) for flow, it in flows],
        ),
    ]


def _plans(caching: Caching) -> list[Family]:
    plans = [({"flow": each.flow}, each) for each in caching.plans]
    return [
        (
            "cache_hits",
            "Decisions found in a cache, by layer.",
            [
                ({**flow, "layer": layer}, hits)
                for flow, it in plans
                for layer, hits in (("L1", it.l1), ("L2", it.l2))
            ],
        ),
    ]


def _funnels(funnels: Funnels) -> list[Family]:
    flows = [({"flow": each.flow}, each) for each in funnels.flows]
    steps = [({**flow, "step": step.step}, step) for flow, it in flows for step in it.steps]
    return [
        ("flow_started", "Sessions that started.", [(flow, it.started) for flow, it in flows]),
        (
            "flow_completed",
            "Sessions that completed the flow.",
            [(flow, it.completed) for flow, it in flows],
        ),
        ("step_reached", "Sessions by step reached.", [(step, it.reached) for step, it in steps]),
        (
            "step_completed",
            "Sessions by step completed.",
            [(step, it.completed) for step, it in steps],
        ),
    ]


def _percentiles(operation: Operation) -> tuple[float | None, float | None, float | None]:
    return operation.p50_ms, operation.p95_ms, operation.p99_ms


def _by(label: str, counters: Counters) -> list[Labelled]:
    return [({label: name}, count) for name, count in counters.items()]


def _samples(values: Sequence[Labelled], window: str) -> list[Sample]:
    return [
        Sample({**labels, "window": window}, value) for labels, value in values if value is not None
    ]
