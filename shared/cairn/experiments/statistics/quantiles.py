"""Quantiles of durations from sketches, with intervals that assume no distribution."""

import math
from collections.abc import Mapping
from typing import Final

from cairn.experiments.results import Quantile
from cairn.experiments.statistics.methods import Method
from cairn.metrics.sketch import quantile

SHOWN: Final = (0.5, 0.9)


def quantiles(
    variation: str, counts: Mapping[int, int], method: Method, alpha: float
) -> tuple[Quantile, ...]:
    """The median and the 90th percentile of one arm; none where nothing was measured.

    The interval goes from the observation of rank nq - w to that of rank nq + w, with
    w = z√(nq(1 - q)): how many of n lie below the true quantile is binomial.

    Args:
        variation: whose.
        counts: durations by bucket.
        method: how many standard errors to each side.
        alpha: the chance of a miss.
    """
    total = sum(counts.values())
    found = ((q, quantile(counts, q)) for q in SHOWN)
    return tuple(
        Quantile(
            variation=variation,
            q=q,
            value=value,
            low=_ranked(counts, total * q - far),
            high=_ranked(counts, total * q + far),
        )
        for q, value in found
        if value is not None
        for far in [_far(total, q, method, alpha)]
    )


def _far(total: int, q: float, method: Method, alpha: float) -> float:
    """Ranks to each side."""
    return method.reach(total, max(1.0, total - 1), alpha) * math.sqrt(total * q * (1 - q))


def _ranked(counts: Mapping[int, int], rank: float) -> float | None:
    """The observation of a rank, counted from 1; None where there is none."""
    total = sum(counts.values())
    return quantile(counts, (rank - 1) / (total - 1)) if 1 <= rank <= total and total > 1 else None
