"""One arm's mean, and how much its subjects differ."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cairn.experiments.arms import MetricSums
from cairn.experiments.model import MetricType
from cairn.experiments.statistics.undefined import Undefined

NOISE: Final = 1e-12
"""What is left of sums of squares below this share of them is rounding, not variance."""

HUGE: Final = 1e100
"""Nothing that is counted is as large, and what is computed from less stays finite."""

RATIOS: Final[frozenset[MetricType]] = frozenset({"ratio", "duration"})


@dataclass(frozen=True, slots=True)
class Estimate:
    """The mean of one arm.

    Attributes:
        mean: of the metric, in its unit.
        variance: of what one subject adds to the mean; 0 where all did the same.
        subjects: at least 2.
    """

    mean: float
    variance: float
    subjects: int

    @property
    def error_sq(self) -> float:
        """The squared standard error of the mean."""
        return self.variance / self.subjects


def estimate(sums: MetricSums, kind: MetricType) -> Estimate:
    """The mean of one arm, by linearization (the delta method) where it is a ratio.

    The ratio R = Σy/Σd has, to first order, the variance of the residuals y - Rd over the squared
    mean of d (Deng, Knoblich and Lu 2018, arXiv:1803.06336). A mean is a ratio whose d is 1.

    Raises:
        Undefined: fewer than two subjects, nothing to divide by, or sums that are no sums.
    """
    n = sums.subjects
    if n < 2:  # noqa: PLR2004  # a variance needs two
        raise Undefined("too_few_subjects")
    below: float = n
    below_sq, cross = below, sums.sum
    if kind in RATIOS:
        below, below_sq, cross = sums.den_sum, sums.den_sq, sums.cross
    if below <= 0:
        raise Undefined("no_denominator")
    ratio = sums.sum / below
    parts = sums.sum_sq, -2 * ratio * cross, ratio * ratio * below_sq
    scale = n / below
    variance = _left(sum(parts), sum(map(abs, parts))) / (n - 1) * scale * scale
    if not (abs(ratio) < HUGE and variance < HUGE):
        raise Undefined("not_finite")
    return Estimate(ratio, variance, n)


def residue(*parts: float) -> float:
    """What a sum leaves of its parts; 0 where that may be rounding."""
    left = sum(parts)
    return left if abs(left) > NOISE * sum(map(abs, parts)) else 0.0


def weight(sums: MetricSums, kind: MetricType) -> float:
    """How many conversions an arm's mean stands on.

    For a proportion it is their number; for other values the number of equal ones that would tell
    as much, (Σy)²/Σy² (Kish 1965); for a ratio the smaller one of both its halves.
    """
    above = _effective(sums.sum, sums.sum_sq)
    return min(above, _effective(sums.den_sum, sums.den_sq)) if kind in RATIOS else above


def rarer(arms: Iterable[MetricSums], kind: MetricType) -> float:
    """On how many conversions arms stand together or, if fewer, on how many that are none."""
    told = [(weight(sums, kind), sums.subjects - sums.sum) for sums in arms]
    converted = sum(each for each, _ in told)
    return min(converted, sum(each for _, each in told)) if kind == "proportion" else converted


def _effective(total: float, squares: float) -> float:
    told = total * (total / squares) if squares > 0 else 0.0
    return told if told < HUGE else 0.0


def _left(sum_of_squares: float, size: float) -> float:
    """A sum of squares, unless rounding may be all that is left of it."""
    if not math.isfinite(size):
        raise Undefined("not_finite")
    if sum_of_squares < -NOISE * size:
        raise Undefined("sums_disagree")
    return 0.0 if sum_of_squares <= NOISE * size else sum_of_squares
