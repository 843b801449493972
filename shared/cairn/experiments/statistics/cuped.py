"""CUPED: what subjects did before tells part of what they do now, and is no effect.

Deng, Xu, Kohavi and Walker (WSDM 2013): y - θ(x - x̄) has the mean of y, and less variance the
better x tells y; θ = cov(y, x) / var(x) is best. θ and x̄ are those of all arms together, so that
they favour none. What the noise of x̄ adds is common to all arms: it leaves the difference, and of
the lift all but a part as small as its square.

Ratios and durations are left as they are: their sums don't tell how denominator and past go
together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from cairn.experiments.arms import MetricSums
from cairn.experiments.results import Cuped
from cairn.experiments.statistics.estimate import covariance

LEAST_TOLD: Final = 1e-6
"""Share of the variance that the past must tell, and must leave; there is rounding below."""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """How to take out of an arm's sums what the past tells.

    Attributes:
        theta: how much more `y` a subject has for one more `x`.
        centre: the mean `x` of all subjects.
        says: what it is worth.
    """

    theta: float
    centre: float
    says: Cuped

    def applied(self, sums: MetricSums) -> MetricSums:
        """The sums of y - θ(x - x̄) instead of y."""
        theta, centre, n = self.theta, self.centre, sums.subjects
        cross = sums.pre_cross - centre * sums.sum
        squares = sums.pre_sq - 2 * centre * sums.pre_sum + n * centre * centre
        return replace(
            sums,
            sum=sums.sum - theta * (sums.pre_sum - n * centre),
            sum_sq=sums.sum_sq - 2 * theta * cross + theta * theta * squares,
        )


def adjustment(arms: Iterable[MetricSums]) -> Adjustment | None:
    """The adjustment for all arms; None where the past tells nothing, or nothing else does."""
    total = sum(arms, MetricSums())
    n = total.subjects
    if n < 2 or not total.pre_subjects:  # noqa: PLR2004  # a variance needs two
        return None
    now = covariance(n, total.sum, total.sum, total.sum_sq)
    past = covariance(n, total.pre_sum, total.pre_sum, total.pre_sq)
    both = covariance(n, total.sum, total.pre_sum, total.pre_cross)
    if not (now > 0 and past > 0 and both):
        return None
    theta, told = both / past, both / now * (both / past)
    if not LEAST_TOLD < told < 1 - LEAST_TOLD:
        return None
    seen = total.pre_subjects / n
    says = Cuped(theta=theta, variance_reduction=told, seen_before=seen)
    return Adjustment(theta, total.pre_sum / n, says)


def adjusted(arms: Mapping[str, MetricSums]) -> tuple[Mapping[str, MetricSums], Cuped | None]:
    """The arms less what the past tells, and what that was worth; as they are where it isn't."""
    found = adjustment(arms.values())
    if found is None:
        return arms, None
    return {name: found.applied(sums) for name, sums in arms.items()}, found.says
