"""Probabilities of options: which of them can be meant."""

from collections.abc import Mapping
from typing import Final

ROUNDING: Final = 0.05
"""How far the sum may be from 1: models round."""


def add_up(probabilities: Mapping[str, float]) -> bool:
    """Whether each lies between 0 and 1, and all together are about 1."""
    shares = probabilities.values()
    return all(0 <= each <= 1 for each in shares) and abs(sum(shares) - 1) <= ROUNDING
