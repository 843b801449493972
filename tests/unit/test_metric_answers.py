"""What is told of operations, costs, quality, caches, funnels and variations."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from cairn.metrics import caching, costs, funnels, performance, quality, variations
from cairn.metrics.breakdown import Segment
from cairn.metrics.query import Found, Wanted, gather
from cairn.metrics.sketch import ALPHA, counter_of
from cairn.metrics.windows import LONGEST, MOST, WINDOWS, span_of
from cairn.platform.lanes import Lanes
from tests.fakes.rollups import CountedRollups

NOW = datetime(2026, 11, 20, 10, 30, 30, tzinfo=UTC)
WORKSPACE = "demo"
BY_PERSONA = Segment("persona")
ADAPTIVE = Segment("variation.adaptive_form", "adaptive")

type Read = Callable[[Wanted], Found]


@pytest.fixture
def rollups() -> CountedRollups:
    return CountedRollups(NOW)


@pytest.fixture
def read(rollups: CountedRollups) -> Read:
    """Reads the last hour."""
    lanes = Lanes(2)
    return lambda wanted: gather(
        rollups, lanes, WORKSPACE, span_of(timedelta(hours=1), NOW), wanted
    )


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def told(read: Read, by: Segment | None = None, only: str | None = None) -> performance.Performance:
    return performance.performance(read(performance.wanted(by)), by, only)


def test_an_operation_has_its_count_rates_mean_and_percentiles_of_all_buckets(
    rollups: CountedRollups, read: Read
) -> None:
    for minutes, times_ms in ((1, [4, 6]), (30, [50, 100])):
        for ms in times_ms:
            counters = {"decide|count": 1, "decide|us": ms * 1_000, "decide|degraded": 1}
            rollups.count("operations", ago(minutes), counters)
            rollups.sketch("latency", ago(minutes), {"decide": {counter_of(ms * 1_000): 1}})
    rollups.count("operations", ago(2), {"decide|errors": 1})
    (decide,) = told(read).operations
    assert (decide.operation, decide.count, decide.errors) == ("decide", 4, 1)
    assert (decide.error_rate, decide.degraded, decide.avg_ms) == (0.25, 4, 40.0)
    assert decide.p50_ms == pytest.approx(6, rel=ALPHA)
    assert decide.p95_ms == decide.p99_ms == pytest.approx(50, rel=ALPHA)
    assert told(read).relative_error == ALPHA


def test_a_route_is_an_operation_by_its_whole_name_and_may_be_asked_for_alone(
    rollups: CountedRollups, read: Read
) -> None:
    route = "POST /v1/decisions"
    rollups.count("operations", ago(1), {f"{route}|count": 2, "decide|count": 2})
    assert [each.operation for each in told(read).operations] == [route, "decide"]
    (only,) = told(read, only=route).operations
    assert (only.operation, only.avg_ms, only.p50_ms) == (route, 0.0, None)


def test_operations_are_split_by_a_dimension_or_told_of_one_value_of_it(
    rollups: CountedRollups, read: Read
) -> None:
    group = "operations@variation.adaptive_form"
    adaptive = {"count": 3, "us": 6_000, counter_of(1_000): 2, counter_of(4_000): 1}
    rollups.sketch(group, ago(1), {"adaptive|decide": adaptive})
    rollups.sketch(group, ago(2), {"fixed|decide": {"count": 1, "errors": 1, "untimed": 1}})
    rollups.count("operations", ago(2), {"decide|count": 6, "decide|us": 24_000})
    rollups.count("operations", ago(2), {"decide|errors": 1, "decide|untimed": 1})
    whole = {counter_of(1_000): 2, counter_of(4_000): 1, counter_of(9_000): 2}
    rollups.sketch("latency", ago(2), {"decide": whole, "tokens.in": {"b1": 1}})
    split = told(read, Segment("variation.adaptive_form")).operations
    assert [(each.segment, each.count) for each in split] == [
        ("adaptive", 3),
        ("fixed", 1),
        ("unknown", 2),
    ]
    assert (split[1].errors, split[1].avg_ms, split[1].p50_ms) == (1, None, None)
    assert (split[2].errors, split[2].avg_ms) == (0, 9.0)
    assert split[2].p50_ms == pytest.approx(9, rel=ALPHA)
    (only,) = told(read, ADAPTIVE).operations
    assert (only.segment, only.avg_ms) == ("adaptive", 2.0)
    assert (only.p50_ms, only.p99_ms) == pytest.approx((1, 1), rel=ALPHA)


def test_other_numbers_are_told_in_their_own_units(rollups: CountedRollups, read: Read) -> None:
    numbers = {"completion_us": 90_000_000, "tokens.in": 700, "score": 4_000}
    sketches = {name: {counter_of(number): 2} for name, number in numbers.items()}
    rollups.sketch("latency", ago(1), sketches)
    found = {each.name: each for each in told(read).distributions}
    assert {name: (each.unit, each.count) for name, each in found.items()} == {
        "completion": ("ms", 2),
        "tokens.in": ("tokens", 2),
        "score": ("score", 2),
    }
    assert found["completion"].p50 == pytest.approx(90_000, rel=ALPHA)
    assert found["tokens.in"].p50 == pytest.approx(700, rel=ALPHA)
    assert found["score"].p50 == pytest.approx(4, rel=ALPHA)


def paid(rollups: CountedRollups, segment: str = "", group: str = "") -> None:
    """Two models: 0.03 USD for `onboarding`, 0.01 USD for `search`."""
    rollups.count(
        f"models{group}",
        ago(1),
        {
            f"{segment}east/meta/small|calls": 4,
            f"{segment}east/meta/small|failed": 1,
            f"{segment}east/meta/small|uncached": 300,
            f"{segment}east/meta/small|cached": 100,
            f"{segment}east/meta/small|us": 8_000_000,
            f"{segment}east/meta/small|nano_usd": 30_000_000,
            f"{segment}west/large|calls": 1,
            f"{segment}west/large|nano_usd": 10_000_000,
        },
    )
    flow = {"decisions": 10, "source.llm": 3, "source.rules": 3, "cache.L1": 3, "cache.L2": 1}
    for name, its in (
        ("onboarding", {**flow, "nano_usd": 30_000_000}),
        ("search", {"nano_usd": 10_000_000}),
    ):
        counters = {f"{segment}{counter}": count for counter, count in its.items()}
        rollups.count(f"flow.{name}{group}", ago(1), counters)


def charged(read: Read, *flows: str, by: Segment | None = None) -> costs.Costs:
    return costs.costs(read(costs.wanted(flows, by)), flows, by, NOW)


def test_costs_are_told_by_model_and_by_flow(rollups: CountedRollups, read: Read) -> None:
    paid(rollups)
    found = charged(read, "onboarding", "search")
    assert (found.cost_usd, found.calls) == (0.04, 5)
    assert found.tokens is not None
    assert found.tokens["uncached"] == 300
    small, large = found.models
    assert (small.provider, small.model, small.cost_usd) == ("east", "meta/small", 0.03)
    assert (small.avg_ms, small.failed, small.cached_tokens) == (2_000, 1, 100)
    assert (large.provider, large.model, large.cost_usd) == ("west", "large", 0.01)
    assert {each.flow: each.cost_usd for each in found.flows} == {
        "onboarding": 0.03,
        "search": 0.01,
    }


def test_costs_of_one_flow_are_its_own(rollups: CountedRollups, read: Read) -> None:
    paid(rollups)
    flows = ["onboarding"]
    found = costs.costs_of(read(costs.wanted_of(flows, None)), flows, None, NOW)
    assert (found.cost_usd, found.saved_usd, found.models) == (0.03, 0.02, ())
    assert (found.calls, found.tokens) == (None, None)
    assert found.projected_month_usd == pytest.approx(0.03 * 24 * 30, rel=0.02)


def test_savings_are_what_cached_decisions_would_have_cost_like_the_others(
    rollups: CountedRollups, read: Read
) -> None:
    paid(rollups)
    found = charged(read, "onboarding")
    (flow,) = found.flows
    assert (flow.decided_anew, flow.cached, flow.avg_decision_usd) == (6, 4, 0.005)
    assert flow.saved_usd == found.saved_usd == 0.02


def test_a_month_is_projected_at_the_rate_of_the_window(
    rollups: CountedRollups, read: Read
) -> None:
    paid(rollups)
    began = span_of(timedelta(hours=1), NOW).start
    hours = (NOW - began) / timedelta(hours=1)
    projected = charged(read).projected_month_usd
    assert projected == pytest.approx(0.04 / hours * 24 * 30, abs=1e-6)


def test_costs_are_split_too(rollups: CountedRollups, read: Read) -> None:
    paid(rollups, "adaptive|", "@variation.adaptive_form")
    found = charged(read, "onboarding", by=ADAPTIVE)
    assert [(each.segment, each.cost_usd) for each in found.flows] == [("adaptive", 0.03)]
    assert {each.segment for each in found.models} == {"adaptive"}


def test_quality_says_how_sure_decisions_were_and_how_they_were_liked(
    rollups: CountedRollups, read: Read
) -> None:
    counters = {
        "decisions": 10,
        "source.rules": 8,
        "source.fallback": 2,
        "degraded": 1,
        "confidence_ppm": 8_100_000,
        "unrated": 1,
        "started": 5,
        "completed": 4,
        "us_to_completion": 240_000_000,
        "fields_to_completion": 30,
        "first_pass": 3,
        "refined": 1,
        "feedback": 2,
        "score_milli": 9_000,
    }
    rollups.count("flow.onboarding", ago(5), counters)
    (flow,) = quality.quality(
        read(quality.wanted(["onboarding"], None)), ["onboarding"], None
    ).flows
    assert flow.sources == {"fallback": 0.2, "rules": 0.8}
    assert (flow.confidence, flow.fallback_rate, flow.degraded_rate) == (0.9, 0.2, 0.1)
    assert (flow.completion_rate, flow.fields_per_completion) == (0.8, 7.5)
    assert flow.avg_completion_ms == 60_000
    assert (flow.first_pass_rate, flow.refined_rate) == (0.75, 0.25)
    assert (flow.feedback, flow.score) == (2, 4.5)


def test_what_was_never_counted_has_no_rate(read: Read) -> None:
    (flow,) = quality.quality(read(quality.wanted(["new"], None)), ["new"], None).flows
    assert (flow.decisions, flow.confidence, flow.score, flow.completion_rate) == (0,) + (None,) * 3
    (plan,) = caching.caching(read(caching.wanted(["new"], None)), ["new"], None).plans
    assert (plan.misses, plan.hit_rate, plan.l2_rate) == (0, None, None)


def test_caches_are_told_by_layer_and_prompts_by_model(rollups: CountedRollups, read: Read) -> None:
    paid(rollups)
    found = caching.caching(read(caching.wanted(["onboarding"], None)), ["onboarding"], None)
    (plan,) = found.plans
    assert (plan.l1, plan.l2, plan.misses) == (3, 1, 6)
    assert (plan.hit_rate, plan.l1_rate) == (0.4, 0.3)
    assert plan.l2_rate == pytest.approx(1 / 7, abs=1e-6)
    assert {each.model: each.hit_rate for each in found.prompts} == {
        "east/meta/small": 0.25,
        "west/large": None,
    }


FUNNEL = {
    "started": 10,
    "completed": 4,
    "us_to_completion": 40_000_000,
    "reached|welcome": 10,
    "completed|welcome": 8,
    "us_on|welcome": 16_000_000,
    "reached|plan": 5,
    "completed|plan": 4,
    "untimed|plan": 3,
    "us_on|plan": 3_000_000,
    "back|plan": 2,
    "reached|former": 1,
}
STEPS = {"onboarding": ("welcome", "plan", "done")}


def test_a_funnel_has_the_steps_of_its_flow_in_order_and_former_ones_at_the_end(
    rollups: CountedRollups, read: Read
) -> None:
    rollups.count("flow.onboarding", ago(1), FUNNEL)
    (funnel,) = funnels.funnels(read(funnels.wanted(["onboarding"], None)), STEPS, None).flows
    assert (funnel.started, funnel.completed, funnel.dropped) == (10, 4, 6)
    assert (funnel.completion_rate, funnel.avg_completion_ms) == (0.4, 10_000)
    assert [(each.step, each.reached, each.dropped, each.back) for each in funnel.steps] == [
        ("welcome", 10, 2, 0),
        ("plan", 5, 1, 2),
        ("done", 0, 0, 0),
        ("former", 1, 1, 0),
    ]
    welcome, plan, done, _ = funnel.steps
    assert (welcome.avg_ms, plan.reached_rate, plan.completion_rate) == (2_000, 0.5, 0.8)
    assert plan.avg_ms == 3_000
    assert (done.avg_ms, done.completion_rate) == (None, None)


def test_a_funnel_is_told_by_persona_and_of_one_step(rollups: CountedRollups, read: Read) -> None:
    for persona in ("small_team", "enterprise_buyer"):
        counters = {f"{persona}|{name}": count for name, count in FUNNEL.items()}
        rollups.count("flow.onboarding@persona", ago(1), counters)
    found = read(funnels.wanted(["onboarding"], BY_PERSONA))
    both = funnels.funnels(found, STEPS, BY_PERSONA, "plan").flows
    assert [each.segment for each in both] == ["enterprise_buyer", "small_team"]
    assert [[step.step for step in each.steps] for each in both] == [["plan"], ["plan"]]


def test_who_shows_no_value_of_a_dimension_is_the_rest_of_a_split(
    rollups: CountedRollups, read: Read
) -> None:
    rollups.count("flow.onboarding", ago(2), FUNNEL)
    some = {"started": 6, "completed": 4, "reached|welcome": 6, "completed|welcome": 5}
    for persona in ("small_team", "unknown"):
        half = {f"{persona}|{name}": count // 2 for name, count in some.items()}
        rollups.count("flow.onboarding@persona", ago(1), half)
    found = read(funnels.wanted(["onboarding"], BY_PERSONA))
    known, rest = funnels.funnels(found, STEPS, BY_PERSONA).flows
    assert (known.segment, known.started, known.completed) == ("small_team", 3, 2)
    assert (rest.segment, rest.started, rest.completed) == ("unknown", 7, 2)
    assert (rest.steps[0].reached, rest.steps[0].completed) == (7, 6)
    only = Segment("persona", "unknown")
    (alone,) = funnels.funnels(read(funnels.wanted(["onboarding"], only)), STEPS, only).flows
    assert alone == rest
    other = Segment("persona", "small_team")
    assert funnels.wanted(["onboarding"], other).groups == ("flow.onboarding@persona",)


def test_variations_are_told_of_flags_alone(rollups: CountedRollups, read: Read) -> None:
    dimensions = ("plan", "variation.adaptive_form")
    rollups.count(
        dimensions[1],
        ago(1),
        {"adaptive|sessions": 4, "adaptive|conversions.purchase": 1, "fixed|sessions": 2},
    )
    found = variations.experiments(read(variations.wanted(dimensions)), dimensions).variations
    assert [(each.flag, each.variation, each.sessions) for each in found] == [
        ("adaptive_form", "adaptive", 4),
        ("adaptive_form", "fixed", 2),
    ]
    assert found[0].conversions == {"purchase": 1}
    assert found[0].conversion_rates == {"purchase": 0.25}


@pytest.mark.parametrize("length", [*WINDOWS.values(), LONGEST])
def test_an_answer_reads_at_most_sixty_items_of_a_series_whatever_was_counted(
    rollups: CountedRollups, length: timedelta
) -> None:
    for minutes in range(90):
        rollups.count("operations", ago(minutes), {"decide|count": 1})
        rollups.sketch("latency", ago(minutes), {"decide": {"b1": 1}, "model.llm": {"b1": 1}})
    for hours in range(24 * 70):
        rollups.count("operations", ago(hours * 60), {"decide|count": 1})
        rollups.sketch("latency", ago(hours * 60), {"decide": {"b1": 1}, "model.llm": {"b1": 1}})
    span = span_of(length, NOW)
    found = gather(rollups, Lanes(2), WORKSPACE, span, performance.wanted(None))
    assert rollups.items["operations"] <= MOST
    assert rollups.items["latency"] <= MOST * 2
    assert found.buckets_read == rollups.items.total()
    (decide,) = performance.performance(found, None).operations
    counted = [each for each in range(90) if span.start <= ago(each)]
    counted += [each * 60 for each in range(24 * 70) if span.start <= ago(each * 60)]
    assert decide.count == len(counted)
