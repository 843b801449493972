"""How many subjects an effect takes to be seen, and what can be seen with those there are."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from scipy.optimize import brentq

from cairn.experiments.statistics.distributions import normal_cdf, normal_quantile
from cairn.experiments.statistics.estimate import HUGE, Estimate
from cairn.experiments.statistics.methods import Method
from cairn.experiments.statistics.undefined import Undefined

MOST: Final = 1e15
"""Subjects; whoever needs more does not need a number."""

LARGEST: Final = 1e6
"""A lift of 100 million percent."""


@dataclass(frozen=True, slots=True)
class Design:
    """What an experiment was planned to show.

    Attributes:
        share: of the control among all subjects, 0 to 1.
        other: of the variation.
        alpha: chance of a false alarm.
        power: chance to show an effect that is there.
        effect: the lift to be shown, above 0.
        method: by which it is shown.
    """

    share: float
    other: float
    alpha: float
    power: float
    effect: float
    method: Method


def error(control: Estimate, lift: float, total: float, of: Design) -> float:
    """The standard error of the difference at `total` subjects, relative to the control's mean.

    With the lift the variance grows like the mean, as it does where more or fewer subjects do the
    same: a little more than a proportion's.

    Raises:
        Undefined: the control's mean or its variance is zero, or there are no subjects.
    """
    if not control.mean:
        raise Undefined("baseline_uncertain")
    relative = control.variance / control.mean / control.mean
    if not 0 < relative < HUGE:
        raise Undefined("no_variance")
    if total <= 0:
        raise Undefined("too_few_subjects")
    return math.sqrt(relative / total * (max(0.0, 1 + lift) / of.other + 1 / of.share))


def power(control: Estimate, lift: float, total: float, of: Design) -> float:
    """The chance that the look at `total` subjects shows a lift, on either side (two-sided).

    For a sequential method it is the chance at this look alone: whoever looked before has more.
    """
    z = abs(lift) / error(control, lift, total, of)
    reach = _reach(total, of)
    return normal_cdf(z - reach) + normal_cdf(-z - reach)


def minimum_subjects(control: Estimate, lift: float, of: Design) -> int:
    """The least number of subjects in all arms that shows a lift with the planned power.

    Raises:
        Undefined: the control tells too little, or no number of subjects is enough.
    """
    return math.ceil(_root(lambda total: _missing(control, lift, total, of), 4, MOST))


def detectable_effect(control: Estimate, total: int, of: Design, sign: int = 1) -> float:
    """The least lift that `total` subjects show with the planned power.

    Args:
        control: as it is now.
        total: subjects in all arms.
        of: the plan.
        sign: 1 for a lift upwards, -1 for one downwards; so is the answer.

    Raises:
        Undefined: the control tells too little, or there are too few subjects for any lift.
    """
    most = LARGEST if sign > 0 else 1.0  # nothing falls by more than all of it
    return sign * _root(lambda lift: _missing(control, sign * lift, total, of), 1 / LARGEST, most)


def _reach(total: float, of: Design) -> float:
    compared = total * (of.share + of.other)
    return of.method.reach(math.ceil(compared), max(1.0, compared - 2), of.alpha)


def _missing(control: Estimate, lift: float, total: float, of: Design) -> float:
    """Standard errors by which a lift is below what the planned power takes."""
    z = abs(lift) / error(control, lift, total, of)
    return _reach(total, of) + normal_quantile(of.power) - z


def _root(missing: Callable[[float], float], least: float, most: float) -> float:
    """Where nothing is missing any more, found on a scale of logarithms."""

    def at(log: float) -> float:
        return missing(math.exp(log))

    low, high = math.log(least), math.log(most)
    if at(low) <= 0:
        return least
    if at(high) > 0:
        raise Undefined("too_few_subjects")
    return math.exp(float(brentq(at, low, high, xtol=1e-12)))
