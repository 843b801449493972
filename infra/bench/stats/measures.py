"""How often statistics are right about experiments whose truth is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Final

import numpy as np
from scipy.special import ndtr

from cairn.experiments.arms import MetricSums
from cairn.experiments.model import MetricDocument, MetricType
from cairn.experiments.statistics.compare import Comparison, compare
from cairn.experiments.statistics.contrast import Contrast, lift, pair
from cairn.experiments.statistics.corrections import benjamini_hochberg, holm
from cairn.experiments.statistics.estimate import estimate
from cairn.experiments.statistics.methods import Fixed, Method, Sequential, interval
from cairn.experiments.statistics.power import Design, minimum_subjects, power
from cairn.experiments.statistics.srm import by_dimension, sample_ratio
from infra.bench.stats.draws import World, growing
from infra.proof import Unmeasurable

ALPHA: Final = 0.05

METRICS: Final[dict[MetricType, MetricDocument]] = {
    kind: MetricDocument(kind="metric", id="made_up", event="conversion.completed", type=kind)
    for kind in ("proportion", "mean", "ratio")
}


@dataclass(frozen=True, slots=True)
class Peeks:
    """Experiments without an effect, looked at again and again.

    Attributes:
        sequential: share of them that the sequential method ever calls different.
        fixed: share that a fixed horizon ever does.
        widths: by subjects in both arms, the sequential interval's width by the fixed one's.
    """

    sequential: float
    fixed: float
    widths: dict[int, float]


@dataclass(frozen=True, slots=True)
class Powered:
    """A planned experiment.

    Attributes:
        subjects: in both arms, as computed.
        computed: the chance to show the lift.
        found: the share of experiments that did.
    """

    subjects: int
    computed: float
    found: float


def coverage(
    world: World, rng: np.random.Generator, experiments: int, subjects: int, true_lift: float
) -> float:
    """The share of fixed-horizon intervals that hold the true lift."""
    intervals = [
        interval(_lift(*arms, world.type), ALPHA, Fixed())
        for arms in _arms(world, rng, experiments, subjects, true_lift)
    ]
    return mean(low <= true_lift <= high for low, high in intervals)


def reduction(world: World, rng: np.random.Generator, experiments: int, subjects: int) -> float:
    """The mean share of the variance of the lift that CUPED takes away."""
    shares = []
    for arms in _arms(world, rng, experiments, subjects, 0.0):
        plain = lift(pair(*arms, world.type)).error
        shares.append(1 - (_lift(*arms, world.type).error / plain) ** 2)
    return mean(shares)


def peeks(world: World, rng: np.random.Generator, experiments: int, looks: Sequence[int]) -> Peeks:
    """Looks at experiments without an effect, told in subjects of one arm."""
    methods: list[Method] = [Sequential(), Fixed()]
    ever = [[False] * experiments for _ in methods]
    widths = {}
    arms = zip(
        growing(world, rng, experiments, looks),
        growing(world, rng, experiments, looks),
        strict=True,
    )
    for subjects, (controls, variations) in zip(looks, arms, strict=True):
        found = [_difference(*each, world.type) for each in zip(controls, variations, strict=True)]
        for method, alarms in zip(methods, ever, strict=True):
            for at, each in enumerate(found):
                alarms[at] |= method.p_value(each) <= ALPHA
        widths[2 * subjects] = _width(found[0])
    return Peeks(mean(ever[0]), mean(ever[1]), widths)


def powered(
    world: World, rng: np.random.Generator, experiments: int, method: Method, true_lift: float
) -> Powered:
    """Experiments of the size that is computed for a lift, which is there."""
    (seen,) = world.sums(rng, 1, 1_000_000)
    control = estimate(seen, world.type)
    design = Design(share=0.5, other=0.5, alpha=ALPHA, power=0.8, effect=true_lift, method=method)
    subjects = minimum_subjects(control, true_lift, design)
    shown = [
        method.p_value(_difference(*arms, world.type)) <= ALPHA
        for arms in _arms(world, rng, experiments, subjects // 2, true_lift)
    ]
    return Powered(subjects, power(control, true_lift, subjects, design), mean(shown))


def mismatches(
    rng: np.random.Generator, experiments: int, subjects: int, shares: Sequence[float]
) -> int:
    """How many experiments of three arms, meant to be 50, 30 and 20%, ring the alarm."""
    weights = {"control": 0.5, "one": 0.3, "other": 0.2, "switched off": 0.0}
    counts = rng.multinomial(subjects, shares, experiments).tolist()
    return sum(
        sample_ratio(dict(zip(weights, each, strict=False)), weights).mismatch for each in counts
    )


def segment_alarms(rng: np.random.Generator, experiments: int, subjects: int) -> int:
    """How many sound experiments ring it for any of ten segments."""
    weights = {"control": 0.5, "variation": 0.5}
    counts = rng.multinomial(subjects, [1 / 20] * 20, experiments).reshape(-1, 10, 2).tolist()
    return sum(
        any(
            each.mismatch
            for each in by_dimension(
                {
                    "country": {
                        str(at): dict(zip(weights, pair, strict=True))
                        for at, pair in enumerate(pairs)
                    }
                },
                weights,
            )
        )
        for pairs in counts
    )


def families(rng: np.random.Generator, experiments: int, questions: int) -> tuple[float, float]:
    """Of many questions, a quarter of them with an effect: what Holm and BH get wrong.

    Returns:
        The share of experiments with any false alarm under Holm, and the mean share of false ones
        among the alarms under Benjamini and Hochberg.
    """
    true = questions // 4
    z = rng.normal(0, 1, (experiments, questions))
    z[:, :true] += 3
    any_false, shares = 0, []
    for row in (2 * ndtr(-np.abs(z))).tolist():
        any_false += any(p <= ALPHA for p in holm(row)[true:])
        found = [p <= ALPHA for p in benjamini_hochberg(row)]
        shares.append(sum(found[true:]) / max(1, sum(found)))
    return any_false / experiments, mean(shares)


def _arms(
    world: World, rng: np.random.Generator, experiments: int, subjects: int, true_lift: float
) -> list[tuple[MetricSums, MetricSums]]:
    """Controls and variations, of as many subjects each."""
    controls = world.sums(rng, experiments, subjects)
    variations = world.sums(rng, experiments, subjects, true_lift)
    return list(zip(controls, variations, strict=True))


def _compared(control: MetricSums, variation: MetricSums, kind: MetricType) -> Comparison:
    """As an analysis compares them, less what the past tells where it tells anything."""
    arms = {"control": control, "variation": variation}
    (found,) = compare(METRICS[kind], arms, "control", cuped=control.pre_subjects > 0)
    return found


def _lift(control: MetricSums, variation: MetricSums, kind: MetricType) -> Contrast:
    return _told(_compared(control, variation, kind).lift)


def _difference(control: MetricSums, variation: MetricSums, kind: MetricType) -> Contrast:
    return _told(_compared(control, variation, kind).difference)


def _told(contrast: Contrast | None) -> Contrast:
    if contrast is None:
        raise Unmeasurable("a made-up experiment tells nothing")
    return contrast


def _width(of: Contrast) -> float:
    """The sequential interval's width, the fixed one's being 1."""
    fixed, sequential = (
        method.reach(of.subjects, of.df, ALPHA) for method in (Fixed(), Sequential())
    )
    return sequential / fixed
