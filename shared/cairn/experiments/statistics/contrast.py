"""A variation against its control: the difference of two means, and the relative lift."""

import math
from dataclasses import dataclass, replace
from typing import Final

from cairn.experiments.arms import MetricSums
from cairn.experiments.model import MetricType
from cairn.experiments.statistics.estimate import HUGE, Estimate, estimate
from cairn.experiments.statistics.undefined import Undefined

SURE: Final = 5.0
"""Standard errors that the control's mean must be away from zero, so that one may divide by it; of
a rare conversion that is 25 of them."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """A variation against its control.

    Attributes:
        value: the difference in the metric's unit, or the lift (0.05 is 5% more).
        error: its standard error, above 0.
        df: degrees of freedom of the error.
        subjects: in both arms.
    """

    value: float
    error: float
    df: float
    subjects: int


@dataclass(frozen=True, slots=True)
class Pair:
    """A control and a variation.

    Attributes:
        borrowed: whether an arm whose subjects all did the same has the variance of both.
    """

    control: Estimate
    variation: Estimate
    borrowed: bool = False


def pair(control: MetricSums, variation: MetricSums, kind: MetricType) -> Pair:
    """The means of two arms, neither without a variance.

    An arm in which all did the same (nobody converted) tells no variance, and would be believed
    too much: it takes the one of both arms together, which is right if they don't differ and too
    large if they do.

    Raises:
        Undefined: the sums of an arm tell no mean, or nobody differs from anybody.
    """
    arms = estimate(control, kind), estimate(variation, kind)
    if all(arm.variance > 0 for arm in arms):
        return Pair(*arms)
    both = estimate(control + variation, kind).variance
    if both <= 0:
        raise Undefined("no_variance")
    one, other = (arm if arm.variance > 0 else replace(arm, variance=both) for arm in arms)
    return Pair(one, other, borrowed=True)


def difference(of: Pair, scale: float = 1.0) -> Contrast:
    """The variation's mean less the control's, or less `scale` times it (Welch 1947).

    Raises:
        Undefined: the numbers are too large or too small to compute with.
    """
    control, variation = of.control, of.variation
    value = variation.mean - scale * control.mean
    return _contrast(of, value, scale * scale * control.error_sq, variation.error_sq)


def lift(of: Pair) -> Contrast:
    """The difference relative to the control's mean, by the delta method.

    A mean that may be zero can't be divided by: any lift is possible then (Fieller 1954). Relative
    to a negative mean, more is still a positive lift.

    Raises:
        Undefined: the control's mean is within `SURE` standard errors of zero, or the numbers are
            too large or too small to compute with.
    """
    control, variation = of.control, of.variation
    base = abs(control.mean)
    if base <= SURE * math.sqrt(control.error_sq):
        raise Undefined("baseline_uncertain")
    share = variation.mean / control.mean
    return _contrast(
        of,
        (variation.mean - control.mean) / base,
        control.error_sq / base / base * share * share,
        variation.error_sq / base / base,
    )


def _contrast(of: Pair, value: float, from_control: float, from_variation: float) -> Contrast:
    """A contrast from what each arm adds to its squared error (Satterthwaite 1946)."""
    error_sq = from_control + from_variation
    error = math.sqrt(error_sq)
    if not (abs(value) < HUGE and 1 / HUGE < error < HUGE):
        raise Undefined("not_finite")
    one, other = from_control / error_sq, from_variation / error_sq
    n, m = of.control.subjects, of.variation.subjects
    return Contrast(value, error, 1 / (one * one / (n - 1) + other * other / (m - 1)), n + m)
