"""The distributions that tests stand on, as plain functions of plain numbers."""

import math
from typing import Final

from scipy.special import chdtrc, ndtr, ndtri, stdtr, stdtrit

_DENSITY: Final = 1 / math.sqrt(2 * math.pi)


def normal_cdf(z: float) -> float:
    """The chance that a standard normal is below `z`."""
    return float(ndtr(z))


def normal_density(z: float) -> float:
    """The density of a standard normal at `z`."""
    return _DENSITY * math.exp(-z * z / 2)


def normal_quantile(chance: float) -> float:
    """What a standard normal is below with this chance."""
    return float(ndtri(chance))


def t_two_sided(t: float, df: float) -> float:
    """The chance that Student's t is at least as far from 0 as `t`."""
    return 2 * float(stdtr(df, -abs(t)))


def t_quantile(chance: float, df: float) -> float:
    """What Student's t is below with this chance."""
    return float(stdtrit(df, chance))


def chi2_tail(value: float, df: int) -> float:
    """The chance that χ² is above `value`."""
    return float(chdtrc(df, value))
