"""How far from an estimate the truth may be: at one planned look, or at any number of looks."""

import math
from dataclasses import dataclass
from typing import Final, Protocol

from cairn.experiments.statistics.contrast import Contrast
from cairn.experiments.statistics.distributions import t_quantile, t_two_sided

TUNED_FOR: Final = 5_000
"""Subjects at which a sequential interval is narrowest, relative to one of a fixed horizon."""

TUNED_ALPHA: Final = 0.05


class Method(Protocol):
    """Intervals and p values, by one way of looking at results."""

    def reach(self, subjects: int, df: float, alpha: float) -> float:
        """Standard errors to each side of an estimate that miss the truth with chance `alpha`."""
        ...

    def p_value(self, of: Contrast) -> float:
        """The least `alpha` whose interval leaves out zero; 1 where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """One look, at a size or a time that was planned before: Student's t."""

    def reach(self, subjects: int, df: float, alpha: float) -> float:  # noqa: ARG002  # see Method
        """See `Method.reach`."""
        return t_quantile(1 - alpha / 2, df)

    def p_value(self, of: Contrast) -> float:
        """See `Method.p_value`."""
        return t_two_sided(of.value / of.error, of.df)


@dataclass(frozen=True, slots=True)
class Sequential:
    """Any number of looks: all intervals hold the truth together, with chance 1 - α.

    The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2021,
    arXiv:2103.06476): a normal mixture of standard deviation ρ, after n subjects
    √(2(nρ²+1)/(nρ²)·ln(√(nρ²+1)/α)) standard errors to each side. Asymptotic: it promises nothing
    about the first few dozen subjects.

    Attributes:
        tuned_for: subjects in both arms at which it is narrowest. It is chosen before the first
            look, and never changed by what was seen.
    """

    tuned_for: int = TUNED_FOR

    @property
    def rho_sq(self) -> float:
        """ρ², the same for every α, so that p values are those of one sequence (eq. 161)."""
        far = -2 * math.log(TUNED_ALPHA)
        return (far + math.log(far + 1)) / self.tuned_for

    def reach(self, subjects: int, df: float, alpha: float) -> float:  # noqa: ARG002  # see Method
        """See `Method.reach`."""
        seen = subjects * self.rho_sq
        return math.sqrt(2 * (seen + 1) / seen * (math.log(seen + 1) / 2 - math.log(alpha)))

    def p_value(self, of: Contrast) -> float:
        """See `Method.p_value`; valid at every look, and at the one where one stops (eq. 155)."""
        seen = of.subjects * self.rho_sq
        z = of.value / of.error
        return min(1.0, math.exp(math.log(seen + 1) / 2 - z * z / 2 * seen / (seen + 1)))


def interval(of: Contrast, alpha: float, method: Method) -> tuple[float, float]:
    """What holds the truth but for a chance of `alpha`."""
    far = of.error * method.reach(of.subjects, of.df, alpha)
    return of.value - far, of.value + far
