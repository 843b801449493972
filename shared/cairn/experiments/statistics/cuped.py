"""CUPED: what subjects did before tells part of what they do now, and is no effect.

Deng, Xu, Kohavi and Walker (WSDM 2013): y - θ(x - x̄) has the mean of y, and less variance the
better x tells y; θ = cov(y, x) / var(x) is best. Of a ratio R = Σy/Σd the same is done with its
residuals, by the delta method (their appendix B): with P = Σx/Σe, the ratio of the time before, an
arm's R - θ(Pₐ - P) has the variance of u - θv, where u = (y - Rd)/d̄ and v = (x - Pe)/ē. A mean is
a ratio whose denominators are 1, now and before.

θ and P are those of all arms together, so that they favour none. What the noise of P adds is
common to all arms: it leaves the difference, and of the lift all but a part as small as its square.

Durations are left as they are: they begin with the exposure, so nobody has one from before it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from cairn.experiments.arms import MetricSums
from cairn.experiments.model import MetricType
from cairn.experiments.results import Cuped
from cairn.experiments.statistics.estimate import HUGE, RATIOS, residue

LEAST_TOLD: Final = 1e-6
"""Share of the variance that the past must tell, and must leave; there is rounding below."""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """How to take out of an arm's sums what the past tells.

    Attributes:
        theta: how much more the metric is now for one more before.
        centre: the metric of all subjects in the time before.
        says: what it is worth.
    """

    theta: float
    centre: float
    says: Cuped

    def applied(self, sums: MetricSums) -> MetricSums:
        """The sums of y - a(x - Pₐe) - bd instead of y, with a = θd̄/ē and b = θ(Pₐ - P).

        Args:
            sums: of one arm, with denominators.
        """
        past = sums.pre_sum / sums.pre_den_sum
        a = self.theta * (sums.den_sum / sums.pre_den_sum)
        b = self.theta * (past - self.centre)
        squares = sums.pre_sq - 2 * past * sums.cross_xe + past * past * sums.pre_den_sq
        with_y = sums.pre_cross - past * sums.cross_ye
        with_d = sums.cross_xd - past * sums.cross_de
        now = sums.sum_sq - 2 * b * sums.cross + b * b * sums.den_sq
        return replace(
            sums,
            sum=sums.sum - b * sums.den_sum,
            sum_sq=now + a * a * squares - 2 * a * (with_y - b * with_d),
            cross=sums.cross - a * with_d - b * sums.den_sq,
        )


def adjusted(
    arms: Mapping[str, MetricSums], kind: MetricType
) -> tuple[Mapping[str, MetricSums], Cuped | None]:
    """The arms less what the past tells, and what that was worth; as they are where it isn't."""
    halves = {name: _as_ratio(sums, kind) for name, sums in arms.items() if sums.subjects}
    found = _adjustment(halves.values())
    if found is None:
        return arms, None
    return {**arms, **{name: found.applied(sums) for name, sums in halves.items()}}, found.says


def _adjustment(arms: Iterable[MetricSums]) -> Adjustment | None:
    """The adjustment for all arms; None where the past tells nothing, or nothing else does."""
    told = tuple(arms)
    total = sum(told, MetricSums())
    if total.subjects < 2 or not total.pre_subjects:  # noqa: PLR2004  # a variance needs two
        return None
    if not all(each.den_sum > 0 and each.pre_den_sum > 0 for each in told):
        return None
    ratio, past = total.sum / total.den_sum, total.pre_sum / total.pre_den_sum
    now_sq = residue(total.sum_sq, -2 * ratio * total.cross, ratio * ratio * total.den_sq)
    past_sq = residue(total.pre_sq, -2 * past * total.cross_xe, past * past * total.pre_den_sq)
    both = residue(
        total.pre_cross,
        -past * total.cross_ye,
        -ratio * total.cross_xd,
        ratio * past * total.cross_de,
    )
    if not (now_sq > 0 and past_sq > 0 and both):
        return None
    theta = both / past_sq * (total.pre_den_sum / total.den_sum)
    share = both / now_sq * (both / past_sq)
    if not (LEAST_TOLD < share < 1 - LEAST_TOLD and abs(theta) < HUGE):
        return None
    seen = min(1.0, total.pre_subjects / total.subjects)
    return Adjustment(theta, past, Cuped(theta=theta, variance_reduction=share, seen_before=seen))


def _as_ratio(sums: MetricSums, kind: MetricType) -> MetricSums:
    """The sums with denominators; of a mean they are 1 for everybody, now and before."""
    if kind in RATIOS:
        return sums
    n = sums.subjects
    return replace(
        sums,
        den_sum=n,
        den_sq=n,
        cross=sums.sum,
        pre_den_sum=n,
        pre_den_sq=n,
        cross_xd=sums.pre_sum,
        cross_xe=sums.pre_sum,
        cross_ye=sums.sum,
        cross_de=n,
    )
