"""Intervals, beliefs, corrections and plans: the numbers of their papers."""

import math

import pytest
from scipy import stats

from cairn.experiments.model import Correction
from cairn.experiments.statistics.bayes import posterior
from cairn.experiments.statistics.contrast import Contrast
from cairn.experiments.statistics.corrections import (
    benjamini_hochberg,
    holm,
    interval_alpha,
)
from cairn.experiments.statistics.estimate import Estimate
from cairn.experiments.statistics.methods import Fixed, Method, Sequential, interval
from cairn.experiments.statistics.power import (
    Design,
    detectable_effect,
    minimum_subjects,
    power,
)
from cairn.experiments.statistics.undefined import Undefined

CONVERTED = Estimate(mean=0.1, variance=0.09, subjects=10_000)


def contrast(value: float, subjects: int = 10_000) -> Contrast:
    return Contrast(value=value, error=0.02, df=subjects - 2, subjects=subjects)


def design(method: Method, effect: float = 0.1, share: float = 0.5) -> Design:
    return Design(share=share, other=1 - share, alpha=0.05, power=0.8, effect=effect, method=method)


def test_a_sequential_interval_has_the_width_of_its_paper() -> None:
    n, rho_sq = 10_000, (-2 * math.log(0.05) + math.log(1 - 2 * math.log(0.05))) / 5_000
    paper = math.sqrt(n) * math.sqrt(
        2 * (n * rho_sq + 1) / (n**2 * rho_sq) * math.log(math.sqrt(n * rho_sq + 1) / 0.05)
    )
    assert Sequential().reach(n, n - 2, 0.05) == pytest.approx(paper)


def test_a_sequential_interval_is_relatively_narrowest_where_it_is_tuned() -> None:
    tuned = Sequential(tuned_for=5_000)
    widths = {n: tuned.reach(n, n, 0.05) for n in range(1_000, 20_001, 1_000)}
    assert min(widths, key=widths.__getitem__) == 5_000
    assert widths[5_000] / Fixed().reach(5_000, 5_000, 0.05) == pytest.approx(1.55, abs=0.01)


@pytest.mark.parametrize("method", [Fixed(), Sequential()])
@pytest.mark.parametrize("value", [0.03, 0.06, -0.09])
def test_p_is_the_level_whose_interval_ends_at_zero(method: Method, value: float) -> None:
    of = contrast(value)
    p = method.p_value(of)
    low, high = interval(of, p, method)
    if p < 1:
        assert min(abs(low), abs(high)) == pytest.approx(0, abs=1e-9)
    else:
        assert interval(of, 0.999, method)[0] < 0 < interval(of, 0.999, method)[1]


def test_far_away_p_is_small_and_not_zero() -> None:
    assert 0 < Fixed().p_value(contrast(0.5)) < 1e-90
    assert 0 < Sequential().p_value(contrast(0.5)) < 1e-90


def test_a_flat_prior_leaves_the_data_alone() -> None:
    found = posterior(contrast(0.03), "up", 0.05, None)
    assert found.chance_to_win == pytest.approx(stats.norm.cdf(1.5))
    assert (found.low, found.high) == pytest.approx((0.03 - 0.0392, 0.03 + 0.0392), abs=1e-5)


def test_a_prior_draws_towards_no_effect() -> None:
    found = posterior(contrast(0.03), "up", 0.05, 0.02)
    assert found.mean == pytest.approx(0.015)
    assert found.chance_to_win == pytest.approx(stats.norm.cdf(0.015 / (0.02 / math.sqrt(2))))


@pytest.mark.parametrize("value", [0.03, -0.01, 0.2])
def test_expected_loss_is_what_being_wrong_costs(value: float) -> None:
    found = posterior(contrast(value), "up", 0.05, None)
    truth = stats.norm(value, 0.02)
    lost = truth.expect(lambda lift: -lift, lb=-1, ub=0)
    missed = truth.expect(lambda lift: lift, lb=0, ub=1)
    assert found.loss_if_shipped == pytest.approx(lost, abs=1e-9)
    assert found.loss_if_kept == pytest.approx(missed, abs=1e-9)


def test_less_is_better_where_it_is_declared_so() -> None:
    up, down = (posterior(contrast(0.03), way, 0.05, None) for way in ("up", "down"))
    assert up.chance_to_win == pytest.approx(1 - down.chance_to_win)
    assert up.loss_if_shipped == pytest.approx(down.loss_if_kept)


def test_holm_and_benjamini_hochberg_adjust_as_in_their_papers() -> None:
    p_values = [0.01, 0.04, 0.03, 0.005]
    assert holm(p_values) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert benjamini_hochberg(p_values) == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert benjamini_hochberg(p_values) == pytest.approx(
        stats.false_discovery_control(p_values, method="bh").tolist()
    )
    assert holm([]) == benjamini_hochberg([]) == []


@pytest.mark.parametrize(
    ("correction", "adjusted", "expected"),
    [
        ("none", [0.01, 0.5], 0.05),
        ("holm", [0.01, 0.5], 0.025),
        ("benjamini-hochberg", [0.01, 0.02, 0.5, 0.9], 0.025),
        ("benjamini-hochberg", [0.5, 0.9], 0.025),
        ("holm", [], 0.05),
    ],
)
def test_intervals_are_as_wide_as_questions_are_many(
    correction: Correction, adjusted: list[float], expected: float
) -> None:
    assert interval_alpha(adjusted, 0.05, correction) == pytest.approx(expected)


def test_a_plan_takes_as_many_subjects_as_the_textbook() -> None:
    """Lehr's rule: 16 variances by the squared difference in each arm, for 80% power."""
    found = minimum_subjects(CONVERTED, 0.001, design(Fixed(), 0.001))
    assert found / 2 == pytest.approx(16 * 0.09 / 0.0001**2, rel=0.03)


@pytest.mark.parametrize("method", [Fixed(), Sequential()])
@pytest.mark.parametrize("share", [0.5, 0.1])
def test_plans_agree_with_each_other(method: Method, share: float) -> None:
    of = design(method, share=share)
    subjects = minimum_subjects(CONVERTED, 0.1, of)
    assert power(CONVERTED, 0.1, subjects, of) == pytest.approx(0.8, abs=1e-3)
    assert power(CONVERTED, 0.1, subjects - 50, of) < 0.8
    assert detectable_effect(CONVERTED, subjects, of) == pytest.approx(0.1, rel=1e-3)
    down = minimum_subjects(CONVERTED, -0.1, of)
    assert detectable_effect(CONVERTED, down, of, -1) == pytest.approx(-0.1, rel=1e-3)


def test_looking_often_takes_more_subjects() -> None:
    once = minimum_subjects(CONVERTED, 0.1, design(Fixed()))
    often = minimum_subjects(CONVERTED, 0.1, design(Sequential()))
    assert 1.5 < often / once < 3


@pytest.mark.parametrize(
    "control", [Estimate(0.0, 0.1, 100), Estimate(0.1, 0.0, 100), Estimate(1e-90, 1e80, 100)]
)
def test_there_is_no_plan_without_a_control_that_tells(control: Estimate) -> None:
    with pytest.raises(Undefined):
        minimum_subjects(control, 0.1, design(Fixed()))
    with pytest.raises(Undefined):
        power(control, 0.1, 1_000, design(Fixed()))


def test_too_few_subjects_do_not_even_show_that_everything_is_gone() -> None:
    with pytest.raises(Undefined, match="too_few_subjects"):
        detectable_effect(CONVERTED, 50, design(Fixed()), -1)
    with pytest.raises(Undefined, match="too_few_subjects"):
        power(CONVERTED, 0.1, 0, design(Fixed()))
