"""How good probabilities are: whether they tell apart, and whether they mean what they say."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final

BINS: Final = 10
CONFIDENT: Final = 1.96
"""Standard errors to each side of a 95% interval."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Probabilities beside what came of them."""

    chances: Sequence[float]
    happened: Sequence[bool]

    @property
    def pairs(self) -> list[tuple[float, bool]]:
        """By rising probability."""
        return sorted(zip(self.chances, self.happened, strict=True))


@dataclass(frozen=True, slots=True)
class Bin:
    """A stretch of probabilities.

    Attributes:
        count: observations.
        said: the mean probability.
        came: the share that happened.
    """

    count: int
    said: float
    came: float


def auc(judged: Judged) -> float:
    """Area under the ROC curve: how often a hit ranks before a miss; ties count half.

    Computed from ranks (Mann and Whitney 1947).
    """
    hits = sum(judged.happened)
    misses = len(judged.happened) - hits
    ranks, below = 0.0, 0
    for _, tied in groupby(judged.pairs, key=lambda pair: pair[0]):
        flags = [happened for _, happened in tied]
        ranks += sum(flags) * (below + (len(flags) + 1) / 2)
        below += len(flags)
    return (ranks - hits * (hits + 1) / 2) / (hits * misses)


def auc_interval(judged: Judged) -> tuple[float, float]:
    """A 95% interval of the area (Hanley and McNeil 1982)."""
    area, hits = auc(judged), sum(judged.happened)
    misses = len(judged.happened) - hits
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (hits - 1) * (one - area**2) + (misses - 1) * (two - area**2)
    margin = CONFIDENT * math.sqrt(spread / (hits * misses))
    return area - margin, area + margin


def brier(judged: Judged) -> float:
    """Mean squared distance between probability and outcome (Brier 1950)."""
    return sum((chance - hit) ** 2 for chance, hit in judged.pairs) / len(judged.chances)


def calibration_error(bins: Sequence[Bin]) -> float:
    """Expected calibration error: how far what was said is from what came, weighted by count."""
    total = sum(each.count for each in bins)
    return sum(each.count * abs(each.said - each.came) for each in bins) / total


def equal_width(judged: Judged) -> list[Bin]:
    """The ten bins 0 to 0.1, 0.1 to 0.2, … (Guo et al. 2017), without the empty ones."""
    held: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for pair in judged.pairs:
        held[min(BINS - 1, int(pair[0] * BINS))].append(pair)
    return [_bin(each) for each in held if each]


def equal_mass(judged: Judged) -> list[Bin]:
    """Ten bins of as many observations each: finer where most of them are."""
    pairs, total = judged.pairs, len(judged.chances)
    cuts = [total * place // BINS for place in range(BINS + 1)]
    return [_bin(pairs[low:high]) for low, high in pairwise(cuts) if high > low]


def _bin(pairs: Sequence[tuple[float, bool]]) -> Bin:
    count = len(pairs)
    return Bin(
        count, sum(chance for chance, _ in pairs) / count, sum(hit for _, hit in pairs) / count
    )
