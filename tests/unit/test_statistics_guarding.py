"""What must not be believed, and what must not suffer: sample ratios, guardrails, quantiles."""

import pytest
from scipy import stats

from cairn.experiments.arms import MetricSums
from cairn.experiments.model import Direction
from cairn.experiments.results import GuardrailState
from cairn.experiments.statistics.contrast import pair
from cairn.experiments.statistics.guardrails import guarded
from cairn.experiments.statistics.methods import Fixed, Sequential
from cairn.experiments.statistics.quantiles import quantiles
from cairn.experiments.statistics.srm import by_dimension, sample_ratio
from cairn.metrics.sketch import bucket_of

HALVES = {"a": 1, "b": 1}


def converted(conversions: int, subjects: int = 100_000) -> MetricSums:
    return MetricSums(subjects, conversions, conversions)


def test_a_sample_ratio_is_tested_by_chi_squared() -> None:
    found = sample_ratio({"a": 510, "b": 290, "c": 200}, {"a": 5, "b": 3, "c": 2})
    assert found.p == pytest.approx(stats.chisquare([510, 290, 200], [500, 300, 200]).pvalue)
    assert found.deviation == pytest.approx(0.01)
    assert not found.mismatch


def test_an_arm_of_weight_zero_has_no_degree_of_freedom() -> None:
    exposed = {"a": 5_140, "b": 4_860, "off": 3}
    found = sample_ratio(exposed, {"a": 1, "b": 1, "off": 0})
    assert found.p == pytest.approx(stats.chisquare([5_140, 4_860]).pvalue)
    assert found.exposed == exposed


@pytest.mark.parametrize(
    ("exposed", "mismatch"),
    [
        ({"a": 10_500, "b": 9_500}, True),
        ({"a": 10_100, "b": 9_900}, False),
        ({"a": 50_040_000, "b": 49_960_000}, False),  # p < 1e-14, and 0.04% off
        ({"a": 40_000, "b": 0}, True),
        ({"a": 40_000}, True),
        ({"a": 9, "b": 0}, False),
        ({"a": 5_000, "b": 5_000, "tiny": 4_000}, True),
        ({}, False),
    ],
)
def test_a_mismatch_is_no_chance_and_large_enough_to_matter(
    exposed: dict[str, int], *, mismatch: bool
) -> None:
    weights = {name: HALVES.get(name, 0.001) for name in {**HALVES, **exposed}}
    assert sample_ratio(exposed, weights).mismatch is mismatch


def test_arms_that_expect_too_few_are_tested_as_one() -> None:
    weights = {"a": 0.5, "b": 0.499, "tiny": 0.0006, "tinier": 0.0004}
    exposed = {"a": 5_600, "b": 4_390, "tiny": 6, "tinier": 4}
    found = sample_ratio(exposed, weights)
    assert found.p == pytest.approx(stats.chisquare([5_600, 4_390, 10], [5_000, 4_990, 10]).pvalue)
    assert found.mismatch


def test_too_few_subjects_have_no_sample_ratio() -> None:
    assert sample_ratio({"a": 19}, HALVES).p is None
    assert sample_ratio({"a": 500}, {"a": 1}).p is None


def test_a_segment_in_which_an_arm_loses_subjects_is_found() -> None:
    exposed = {
        "country": {"DE": {"a": 5_000, "b": 5_030}, "FR": {"a": 2_000, "b": 1_600}},
        "device": {"phone": {"a": 4, "b": 9}},
    }
    found = by_dimension(exposed, HALVES)
    assert [(each.dimension, each.value, each.mismatch) for each in found] == [
        ("country", "DE", False),
        ("country", "FR", True),
        ("device", "phone", False),
    ]
    assert found[2].p is None


def test_many_segments_are_not_each_an_alarm() -> None:
    counts = {"a": 5_170, "b": 4_830}
    alone = by_dimension({"country": {"DE": counts}}, HALVES)
    assert alone[0].mismatch
    others = {str(each): {"a": 5_000, "b": 5_000} for each in range(9)}
    (among, *_) = [
        each
        for each in by_dimension({"country": {**others, "DE": counts}}, HALVES)
        if each.value == "DE"
    ]
    assert among.p is not None
    assert among.p == pytest.approx(10 * (alone[0].p or 0))
    assert not among.mismatch


@pytest.mark.parametrize(
    ("control", "variation", "direction", "state"),
    [
        (10_000, 10_000, "up", "holds"),
        (10_000, 9_700, "up", "open"),
        (10_000, 9_000, "up", "breached"),
        (10_000, 12_000, "up", "holds"),
        (10_000, 12_000, "down", "breached"),
        (10_000, 10_000, "down", "holds"),
        (100, 100, "up", "open"),
        (0, 60, "down", "breached"),
        (0, 0, "down", "open"),
        (10_000, 0, "up", "breached"),
    ],
)
def test_a_guardrail_holds_where_more_than_the_margin_is_ruled_out(
    control: int, variation: int, direction: Direction, state: GuardrailState
) -> None:
    arms = converted(control), converted(variation)
    of = pair(*arms, "proportion") if control or variation else None
    assert guarded(of, direction, 0.05, 0.05, Sequential()).state == state


def test_a_loss_is_a_loss_also_where_the_control_has_one() -> None:
    control, variation = MetricSums(1_000, -10_000, 101_000), MetricSums(1_000, -12_000, 145_000)
    of = pair(control, variation, "mean")
    assert guarded(of, "up", 0.1, 0.05, Fixed()).state == "breached"
    assert guarded(of, "up", 0.3, 0.05, Fixed()).state == "holds"
    assert guarded(of, "down", 0.1, 0.05, Fixed()).state == "holds"


def test_quantiles_come_with_intervals_of_ranks() -> None:
    counts = {bucket_of(ms): 1 for ms in (1.2**power for power in range(1, 100))}
    median, high = quantiles("a", counts, Fixed(), 0.05)
    assert median.value == pytest.approx(1.2**50, rel=0.02)
    assert median.low == pytest.approx(1.2**39, rel=0.02)
    assert median.high == pytest.approx(1.2**59, rel=0.02)
    assert high.q == 0.9
    (wide, _) = quantiles("a", counts, Sequential(), 0.05)
    assert (wide.low or median.value) < (median.low or 0)


def test_few_durations_have_a_median_without_an_interval() -> None:
    (median, _) = quantiles("a", {bucket_of(100): 1, bucket_of(900): 2}, Fixed(), 0.05)
    assert median.value == pytest.approx(900, rel=0.01)
    assert median.low is None
    assert median.high is None
    assert quantiles("a", {}, Fixed(), 0.05) == ()
