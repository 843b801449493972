"""Means, differences and lifts from sums: as from rows, and never surer than they may be."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from cairn.experiments.arms import MetricSums
from cairn.experiments.model import MetricType
from cairn.experiments.statistics.contrast import difference, lift, pair
from cairn.experiments.statistics.cuped import adjusted
from cairn.experiments.statistics.estimate import estimate, weight
from cairn.experiments.statistics.methods import Fixed, interval
from cairn.experiments.statistics.undefined import Undefined

RNG = np.random.default_rng(7)
BEGINNING = RNG.bit_generator.state


@pytest.fixture(autouse=True)
def drawn_alike() -> None:
    """Each test draws the same numbers, whichever ran before it."""
    RNG.bit_generator.state = BEGINNING


def summed(
    y: np.ndarray,
    d: np.ndarray | None = None,
    x: np.ndarray | None = None,
    e: np.ndarray | None = None,
) -> MetricSums:
    below, before, below_before = (np.zeros_like(y) if each is None else each for each in (d, x, e))
    return MetricSums(
        subjects=len(y),
        sum=float(y.sum()),
        sum_sq=float(y @ y),
        den_sum=float(below.sum()),
        den_sq=float(below @ below),
        cross=float(y @ below),
        pre_sum=float(before.sum()),
        pre_sq=float(before @ before),
        pre_cross=float(y @ before),
        pre_subjects=0 if x is None else len(x),
        pre_den_sum=float(below_before.sum()),
        pre_den_sq=float(below_before @ below_before),
        cross_xd=float(before @ below),
        cross_xe=float(before @ below_before),
        cross_ye=float(y @ below_before),
        cross_de=float(below @ below_before),
    )


def converted(conversions: int, subjects: int) -> MetricSums:
    return MetricSums(subjects, conversions, conversions)


def test_shards_add_up() -> None:
    rows = RNG.gamma(2, 3, (4, 50))
    parts = summed(*rows[:, :20]), summed(*rows[:, 20:])
    whole = summed(*rows)
    for name in MetricSums.__dataclass_fields__:
        assert getattr(parts[0] + parts[1], name) == pytest.approx(getattr(whole, name))


def test_a_difference_is_welchs() -> None:
    control, variation = RNG.gamma(2, 3, 40), RNG.gamma(2, 4, 90)
    found = difference(pair(summed(control), summed(variation), "mean"))
    welch = stats.ttest_ind(variation, control, equal_var=False)
    assert found.value == pytest.approx(variation.mean() - control.mean())
    assert found.df == pytest.approx(welch.df)
    assert Fixed().p_value(found) == pytest.approx(welch.pvalue)
    assert interval(found, 0.05, Fixed()) == pytest.approx(tuple(welch.confidence_interval(0.95)))


def test_a_ratio_has_the_variance_of_its_residuals() -> None:
    d = 1 + RNG.poisson(4, 500).astype(float)
    y = RNG.binomial(d.astype(int), 0.3).astype(float)
    found = estimate(summed(y, d), "ratio")
    covariance = np.cov(y, d)
    mean_y, mean_d = y.mean(), d.mean()
    by_delta = (
        covariance[0, 0] / mean_d**2
        - 2 * covariance[0, 1] * mean_y / mean_d**3
        + mean_y**2 * covariance[1, 1] / mean_d**4
    )
    assert found.mean == pytest.approx(y.sum() / d.sum())
    assert found.variance == pytest.approx(by_delta)


def test_a_duration_is_the_mean_of_those_who_have_one() -> None:
    took = np.array([10.0, 20.0, 60.0, 0.0, 0.0])
    has = np.array([1.0, 1.0, 1.0, 0.0, 0.0])
    assert estimate(summed(took, has), "duration").mean == pytest.approx(30)


def test_a_lift_is_relative_to_the_control() -> None:
    of = pair(converted(1_000, 10_000), converted(1_100, 10_000), "proportion")
    found = lift(of)
    assert found.value == pytest.approx(0.1)
    by_delta = 0.11 * 0.89 / 1e4 / 0.01 + 0.09 * 0.11**2 / 1e4 / 0.1**4
    assert found.error == pytest.approx(math.sqrt(by_delta), rel=1e-3)


def test_more_is_a_positive_lift_also_of_a_loss() -> None:
    control, variation = RNG.normal(-10, 1, 100), RNG.normal(-9, 1, 100)
    of = pair(summed(control), summed(variation), "mean")
    assert lift(of).value == pytest.approx(0.1, abs=0.05)


def test_nothing_is_relative_to_what_may_be_zero() -> None:
    of = pair(converted(20, 10_000), converted(40, 10_000), "proportion")
    with pytest.raises(Undefined, match="baseline_uncertain"):
        lift(of)
    assert difference(of).value == pytest.approx(0.002)


def test_an_arm_in_which_all_did_the_same_is_not_believed_too_much() -> None:
    some = converted(3, 10)
    nobody = pair(some, converted(0, 10), "proportion")
    assert nobody.borrowed
    low, high = interval(difference(nobody), 0.05, Fixed())
    assert low < -0.3 < 0 < high
    ruined = pair(converted(1_000, 10_000), converted(0, 10_000), "proportion")
    assert Fixed().p_value(difference(ruined)) < 1e-10
    apart = pair(converted(0, 1_000), converted(1_000, 1_000), "proportion")
    assert apart.borrowed
    assert Fixed().p_value(difference(apart)) < 1e-10


@pytest.mark.parametrize(
    ("control", "variation", "kind", "code"),
    [
        (converted(5, 50), MetricSums(), "proportion", "too_few_subjects"),
        (converted(1, 1), converted(5, 50), "proportion", "too_few_subjects"),
        (converted(0, 50), converted(0, 70), "proportion", "no_variance"),
        (converted(50, 50), converted(70, 70), "proportion", "no_variance"),
        (MetricSums(50, 5, 25), MetricSums(50, 5, 25), "ratio", "no_denominator"),
        (MetricSums(50, math.nan, 5), converted(5, 50), "mean", "not_finite"),
        (MetricSums(50, 5, math.inf), converted(5, 50), "mean", "not_finite"),
        (MetricSums(50, 1e200, 1e300), converted(5, 50), "mean", "not_finite"),
        (MetricSums(50, 100, 1), converted(5, 50), "mean", "sums_disagree"),
    ],
)
def test_what_sums_can_not_tell_is_said(
    control: MetricSums, variation: MetricSums, kind: MetricType, code: str
) -> None:
    with pytest.raises(Undefined, match=code):
        pair(control, variation, kind)
    with pytest.raises(Undefined, match=code):
        pair(variation, control, kind)


def test_what_is_left_of_large_numbers_is_not_taken_for_variance() -> None:
    same = np.full(1_000, 123_456_789.1)
    off_by_rounding = replace(summed(same), sum_sq=float(same @ same) * (1 - 1e-15))
    assert estimate(off_by_rounding, "mean").variance == 0


def test_large_numbers_that_differ_keep_their_variance() -> None:
    y = 1e6 + RNG.normal(0, 10, 10_000)
    assert estimate(summed(y), "mean").variance == pytest.approx(y.var(ddof=1), rel=0.01)


@pytest.mark.parametrize(
    ("sums", "kind", "expected"),
    [
        (converted(7, 100), "proportion", 7),
        (summed(np.array([5.0] * 8 + [0.0] * 92)), "mean", 8),
        (summed(np.array([1_000.0] + [1.0] * 99)), "mean", 1.2),
        (MetricSums(100, 50, 50, 9, 9, 9), "ratio", 9),
        (MetricSums(100, math.nan, 5), "mean", 0),
        (MetricSums(), "mean", 0),
    ],
)
def test_a_mean_stands_on_as_many_conversions(
    sums: MetricSums, kind: MetricType, expected: float
) -> None:
    assert weight(sums, kind) == pytest.approx(expected, rel=0.01)


def test_cuped_takes_out_what_the_past_tells() -> None:
    past = RNG.normal(20, 8, (2, 4_000))
    y = 3 + 0.5 * past + RNG.normal(0, 4, (2, 4_000))
    y[1] += 0.4
    arms = {"a": summed(y[0], x=past[0]), "b": summed(y[1], x=past[1])}
    less, says = adjusted(arms, "mean")
    assert says is not None
    assert says.theta == pytest.approx(0.5, abs=0.03)
    assert says.variance_reduction == pytest.approx(0.5, abs=0.03)
    assert says.seen_before == 1
    rows = y - says.theta * (past - past.mean())
    by_rows = stats.ttest_ind(rows[1], rows[0], equal_var=False)
    found = difference(pair(less["a"], less["b"], "mean"))
    assert Fixed().p_value(found) == pytest.approx(by_rows.pvalue)
    plain = difference(pair(arms["a"], arms["b"], "mean"))
    assert (found.error / plain.error) ** 2 == pytest.approx(0.5, abs=0.03)


def clicked(subjects: int, more: float = 0) -> tuple[np.ndarray, ...]:
    """Clicks and pages of subjects, now and before: each clicks as readily as it is."""
    readily = RNG.beta(1.2, 2.8, subjects)
    pages, before = 1 + RNG.poisson(4 + more, subjects), 1 + RNG.poisson(4, subjects)
    rows = RNG.binomial(pages, readily), pages, RNG.binomial(before, readily), before
    return tuple(each.astype(float) for each in rows)


def test_cuped_takes_out_of_a_ratio_what_the_ratio_before_tells() -> None:
    rows = {"a": clicked(4_000), "b": clicked(6_000, more=2)}
    arms = {name: summed(*each) for name, each in rows.items()}
    less, says = adjusted(arms, "ratio")
    assert says is not None
    assert says.seen_before == 1
    assert says.variance_reduction == pytest.approx(0.26, abs=0.04)
    before = sum(x.sum() for _, _, x, _ in rows.values())
    before /= sum(e.sum() for *_, e in rows.values())
    for name, (y, d, x, e) in rows.items():
        u = (y - y.sum() / d.sum() * d) / d.mean()
        v = (x - x.sum() / e.sum() * e) / e.mean()
        found, plain = estimate(less[name], "ratio"), estimate(arms[name], "ratio")
        expected = y.sum() / d.sum() - says.theta * (x.sum() / e.sum() - before)
        assert found.mean == pytest.approx(expected, rel=1e-12)
        assert found.variance == pytest.approx((u - says.theta * v).var(ddof=1), rel=1e-9)
        assert found.variance < 0.8 * plain.variance


def test_a_mean_is_the_ratio_to_one() -> None:
    y, x = RNG.gamma(2, 3, 500), RNG.gamma(2, 3, 500)
    one = np.ones(500)
    arms = {"a": summed(y + x, one, x, one), "b": summed(y + 2 * x, one, x, one)}
    (as_means, mean_says), (as_ratios, ratio_says) = (
        adjusted(arms, "mean"),
        adjusted(arms, "ratio"),
    )
    assert mean_says
    assert ratio_says
    assert (mean_says.theta, mean_says.variance_reduction, mean_says.seen_before) == pytest.approx(
        (ratio_says.theta, ratio_says.variance_reduction, ratio_says.seen_before)
    )
    for name in arms:
        mean, ratio = estimate(as_means[name], "mean"), estimate(as_ratios[name], "ratio")
        assert (mean.mean, mean.variance) == pytest.approx((ratio.mean, ratio.variance))


def test_a_past_that_one_arm_lacks_adjusts_no_ratio() -> None:
    y, d, x, e = clicked(500)
    nothing = np.zeros(500)
    for past in ((nothing, nothing), (x, nothing), (x, -e)):
        arms = {"a": summed(y, d, x, e), "b": summed(y, d, *past)}
        assert adjusted(arms, "ratio") == (arms, None)


def test_an_arm_without_subjects_stays_as_it_is() -> None:
    y, d, x, e = clicked(500)
    arms = {"a": summed(y, d, x, e), "b": summed(y, d, x, e), "new": MetricSums()}
    kinds: list[MetricType] = ["mean", "ratio"]
    for kind in kinds:
        less, says = adjusted(arms, kind)
        assert says is not None
        assert less["new"] == MetricSums()


def test_cuped_leaves_alone_what_no_past_tells() -> None:
    y, constant = RNG.normal(5, 1, 100), np.ones(100)
    sums = summed(y, x=RNG.normal(5, 1, 100))
    lost = replace(sums, pre_sum=math.nan)
    for each in (summed(y), summed(y, x=constant), summed(y, x=y), lost, MetricSums()):
        assert adjusted({"a": each}, "mean") == ({"a": each}, None)
    assert adjusted({}, "mean") == ({}, None)
