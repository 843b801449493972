"""What to believe of a contrast, given what one believed before."""

from dataclasses import dataclass
from math import sqrt

from cairn.experiments.model import Direction
from cairn.experiments.results import Posterior
from cairn.experiments.statistics.contrast import Contrast
from cairn.experiments.statistics.distributions import (
    normal_cdf,
    normal_density,
    normal_quantile,
)


@dataclass(frozen=True, slots=True)
class Belief:
    """A normal distribution of a contrast."""

    mean: float
    sd: float


def belief(of: Contrast, prior_sd: float | None) -> Belief:
    """The posterior: the normal of the data times the prior's, by precision.

    Args:
        of: what the data say.
        prior_sd: how large effects usually are, as the standard deviation of a normal about 0, in
            the contrast's unit; None is the flat, improper prior: the data alone.
    """
    if prior_sd is None:
        return Belief(of.value, of.error)
    kept = 1 / (1 + (of.error / prior_sd) ** 2)
    return Belief(of.value * kept, of.error * sqrt(kept))


def posterior(
    of: Contrast, direction: Direction, alpha: float, prior_sd: float | None
) -> Posterior:
    """Chance to win, what is lost if it does not, and where the truth is.

    The expected loss of a decision is what it costs on average where it is wrong, weighed with how
    likely that is: E[max(0, -δ)] = σφ(μ/σ) - μΦ(-μ/σ) for a normal δ that should be high.
    """
    found = belief(of, prior_sd)
    z = found.mean / found.sd if direction == "up" else -found.mean / found.sd
    far = found.sd * normal_quantile(1 - alpha / 2)
    return Posterior(
        chance_to_win=normal_cdf(z),
        loss_if_shipped=found.sd * _shortfall(z),
        loss_if_kept=found.sd * _shortfall(-z),
        mean=found.mean,
        low=found.mean - far,
        high=found.mean + far,
        prior_sd=prior_sd,
    )


def _shortfall(z: float) -> float:
    """How far a normal about `z` is below zero on average; 0 where it is above."""
    return max(0.0, normal_density(z) - z * normal_cdf(-z))
