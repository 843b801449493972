"""Where our statistics and those of `gbstats` agree on the same sums, and where they don't."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

import numpy as np
from gbstats.bayesian.tests import EffectBayesianABTest, EffectBayesianConfig, GaussianPrior
from gbstats.frequentist.tests import (
    FrequentistConfig,
    FrequentistTestResult,
    SequentialConfig,
    SequentialTwoSidedTTest,
    TwoSidedTTest,
)
from gbstats.models.statistics import (
    RatioStatistic,
    RegressionAdjustedStatistic,
    SampleMeanStatistic,
)
from gbstats.utils import check_srm

from cairn.experiments.arms import MetricSums
from cairn.experiments.model import MetricType
from cairn.experiments.statistics.bayes import posterior
from cairn.experiments.statistics.contrast import Contrast, difference, lift, pair
from cairn.experiments.statistics.cuped import adjusted
from cairn.experiments.statistics.methods import Fixed, Method, Sequential, interval
from cairn.experiments.statistics.srm import sample_ratio
from infra.bench.stats.draws import (
    Clicks,
    Conversions,
    Counts,
    Habits,
    Readers,
    Revenue,
    Values,
    World,
    in_halves,
)

ALPHA: Final = 0.05
PRIOR_SD: Final = 0.3
READERS: Final = Readers()

LIFT_INTERVAL: Final = "lift, fixed interval"
RATIO_ADJUSTED: Final = "CUPED of a ratio, fixed interval"
MEANT: Final = (LIFT_INTERVAL, RATIO_ADJUSTED)
"""Answers that are meant to differ, in `DIFFERENCES`."""

TINY: Final = 1e-6
"""p below which gbstats has few digits left."""

DIFFERENCES: Final[Mapping[str, str]] = {
    "arms of weight zero": (
        "gbstats leaves them out of χ², not out of its degrees of freedom: its p is too large, and "
        "mismatches are missed; compared without such arms"
    ),
    "tiny p values": "gbstats subtracts from 1: p below 1e-16 becomes 0; compared above 1e-6",
    "degrees of freedom of a lift": (
        "gbstats takes those of the difference; ours weigh each arm by what it adds to the lift's "
        "error (Satterthwaite): intervals of lifts differ by less than 1 in 100 at 100 subjects"
    ),
    "p of a lift": "gbstats tests the lift, we test the difference; compared for differences",
    "CUPED and lift": (
        "gbstats divides the adjusted difference by the unadjusted mean, with the variance of the "
        "adjusted one; we divide by the adjusted mean; compared for differences"
    ),
    "CUPED of a ratio": (
        "gbstats 0.8.0 has none: its CUPED of means is given what each subject adds to its arm's "
        "ratio, now and before; both find θ in all arms together, which by then differ a little: "
        "intervals differ by less than 1 in 100 standard errors"
    ),
    "a proportion's variance": (
        "gbstats divides by n, we divide by n - 1; compared by its means, which do as we do"
    ),
    "a negative control mean": (
        "gbstats turns the lift's sign around; ours says more where there is more; not compared"
    ),
    "an arm without variance": (
        "gbstats answers an effect of 0 in an interval of no width; ours borrows the variance of "
        "both arms; not compared"
    ),
}
"""What is known to differ, and why."""


type Distances = Iterator[tuple[str, float]]
"""What was asked, and how far our answer is from that of gbstats."""


def distances(rng: np.random.Generator, cases: int) -> dict[str, float]:
    """The largest distance by question, over made-up experiments of many sizes and effects.

    Of estimates and their intervals in standard errors, of chances relative to themselves.
    """
    found: dict[str, float] = {}
    for _ in range(cases):
        for question, distance in _asked(rng):
            found[question] = max(found.get(question, 0.0), distance)
    return found


def _asked(rng: np.random.Generator) -> Distances:
    worlds: tuple[World, ...] = (Conversions(float(rng.uniform(0.05, 0.9))), Revenue(), Clicks())
    world = worlds[rng.integers(len(worlds))]
    arms = _arms(world, rng)
    of = pair(*arms, world.type)
    theirs = [_statistic(each, world.type) for each in arms]
    yield from _frequentist("difference", difference(of), theirs)
    yield from _frequentist("lift", lift(of), theirs)
    yield from _bayesian(lift(of), theirs, None)
    yield from _bayesian(lift(of), theirs, PRIOR_SD)
    yield from _cuped(*_arms(Habits(), rng))
    yield _cuped_ratio(rng)
    yield _srm(rng)


def _arms(world: World, rng: np.random.Generator) -> tuple[MetricSums, MetricSums]:
    one, other = np.exp(rng.uniform(math.log(1_000), math.log(20_000), 2)).astype(int).tolist()
    (control,) = world.sums(rng, 1, one)
    (variation,) = world.sums(rng, 1, other, float(rng.uniform(-0.1, 0.1)))
    return control, variation


def _statistic(sums: MetricSums, kind: MetricType) -> RatioStatistic | SampleMeanStatistic:
    above = SampleMeanStatistic(sums.subjects, sums.sum, sums.sum_sq)
    if kind != "ratio":
        return above
    below = SampleMeanStatistic(sums.subjects, sums.den_sum, sums.den_sq)
    return RatioStatistic(sums.subjects, above, below, sums.cross)


def _frequentist(
    name: Literal["difference", "lift"],
    ours: Contrast,
    theirs: Sequence[RatioStatistic | SampleMeanStatistic],
) -> Distances:
    """Estimates and intervals of both, p of the difference."""
    kind = "absolute" if name == "difference" else "relative"
    once = TwoSidedTTest(*theirs, FrequentistConfig(difference_type=kind)).compute_result()
    always = SequentialTwoSidedTTest(
        *theirs, SequentialConfig(difference_type=kind)
    ).compute_result()
    yield name, abs(ours.value - once.expected) / ours.error
    methods: dict[str, tuple[Method, FrequentistTestResult]] = {
        "fixed": (Fixed(), once),
        "sequential": (Sequential(), always),
    }
    for horizon, (method, told) in methods.items():
        ends = zip(interval(ours, ALPHA, method), told.ci, strict=True)
        yield f"{name}, {horizon} interval", max(abs(a - b) for a, b in ends) / ours.error
        p = method.p_value(ours)
        if name == "difference" and p > TINY:
            yield f"p, {horizon}", abs(p - told.p_value) / p


def _bayesian(
    ours: Contrast,
    theirs: Sequence[RatioStatistic | SampleMeanStatistic],
    prior_sd: float | None,
) -> Distances:
    prior = GaussianPrior(0, (prior_sd or 1) ** 2, proper=prior_sd is not None)
    config = EffectBayesianConfig(prior_effect=prior)
    told = EffectBayesianABTest(*theirs, config).compute_result()
    found = posterior(ours, "up", ALPHA, prior_sd)
    name = "flat prior" if prior_sd is None else "usual prior"
    ends = zip((found.low, found.high), told.ci, strict=True)
    yield f"credible interval, {name}", max(abs(a - b) for a, b in ends) / ours.error
    yield f"chance to win, {name}", abs(found.chance_to_win - told.chance_to_win)
    losses = zip((found.loss_if_kept, found.loss_if_shipped), told.risk, strict=True)
    yield f"expected loss, {name}", max(abs(a - b) for a, b in losses) / ours.error


def _cuped(one: MetricSums, other: MetricSums) -> Distances:
    theirs = [
        RegressionAdjustedStatistic(
            n=sums.subjects,
            post_statistic=SampleMeanStatistic(sums.subjects, sums.sum, sums.sum_sq),
            pre_statistic=SampleMeanStatistic(sums.subjects, sums.pre_sum, sums.pre_sq),
            post_pre_sum_of_products=sums.pre_cross,
            theta=0,
        )
        for sums in (one, other)
    ]
    config = FrequentistConfig(difference_type="absolute")
    told = TwoSidedTTest(*theirs, config).compute_result()
    arms, _ = adjusted({"one": one, "other": other}, "mean")
    ours = difference(pair(arms["one"], arms["other"], "mean"))
    ends = zip(interval(ours, ALPHA, Fixed()), told.ci, strict=True)
    yield "CUPED, difference", abs(ours.value - told.expected) / ours.error
    yield "CUPED, fixed interval", max(abs(a - b) for a, b in ends) / ours.error


def _cuped_ratio(rng: np.random.Generator) -> tuple[str, float]:
    rows = [READERS.rows(rng, each, lift) for each, lift in ((5_000, 0.0), (8_000, 0.1))]
    theirs = []
    for y, d, x, e in rows:
        now, before = _parts(y, d), _parts(x, e)
        post, pre = (
            SampleMeanStatistic(len(each), float(each.sum()), float(each @ each))
            for each in (now, before)
        )
        both = float(now @ before)
        theirs.append(RegressionAdjustedStatistic(len(y), post, pre, both, theta=0))
    config = FrequentistConfig(difference_type="absolute")
    told = TwoSidedTTest(*theirs, config).compute_result()
    one, other = (in_halves(*each) for each in rows)
    arms, _ = adjusted({"one": one, "other": other}, "ratio")
    ours = difference(pair(arms["one"], arms["other"], "ratio"))
    ends = zip(interval(ours, ALPHA, Fixed()), told.ci, strict=True)
    return RATIO_ADJUSTED, max(abs(a - b) for a, b in ends) / ours.error


def _parts(above: Counts, below: Counts) -> Values:
    """What each subject adds to the ratio, on top of it (the delta method)."""
    ratio = above.sum() / below.sum()
    parts: Values = ratio + (above - ratio * below) / below.mean()
    return parts


def _srm(rng: np.random.Generator) -> tuple[str, float]:
    weights = [0.5, 0.3, 0.2]
    counts = rng.multinomial(int(rng.integers(200, 50_000)), weights).tolist()
    names = "abc"
    found = sample_ratio(
        dict(zip(names, counts, strict=True)), dict(zip(names, weights, strict=True))
    )
    theirs = float(check_srm(counts, weights))
    return "sample ratio", math.inf if found.p is None else abs(found.p - theirs) / theirs
