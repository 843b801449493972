"""Many questions at once: p values and intervals that keep their promise together."""

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import Final

from cairn.experiments.model import Correction


def uncorrected(p_values: Sequence[float]) -> list[float]:
    """Each as it is."""
    return list(p_values)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted so that any false alarm at all has the chance that is asked for (Holm 1979)."""
    total = len(p_values)
    order = sorted(range(total), key=p_values.__getitem__)
    scaled = [min(1.0, (total - rank) * p_values[at]) for rank, at in enumerate(order)]
    return _put_back(order, list(accumulate(scaled, max)))


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted so that false alarms are a share of all alarms (Benjamini and Hochberg 1995)."""
    total = len(p_values)
    order = sorted(range(total), key=p_values.__getitem__, reverse=True)
    scaled = [p_values[at] * total / (total - rank) for rank, at in enumerate(order)]
    return _put_back(order, list(accumulate(scaled, min)))


CORRECTIONS: Final[Mapping[Correction, Callable[[Sequence[float]], list[float]]]] = {
    "none": uncorrected,
    "holm": holm,
    "benjamini-hochberg": benjamini_hochberg,
}


def interval_alpha(adjusted: Sequence[float], alpha: float, correction: Correction) -> float:
    """The chance of missing the truth that each of the intervals may have.

    Under Holm α/m: all intervals hold together (Bonferroni). Holm rejects a little more than they
    show, so that an interval may hold zero whose adjusted p is below α, never the other way round.
    Under Benjamini and Hochberg Rα/m, R being what was found: the intervals of what was found miss
    the truth in a share α (Benjamini and Yekutieli 2005); where nothing was, α/m.
    """
    if correction == "none" or not adjusted:
        return alpha
    found = sum(p <= alpha for p in adjusted) if correction == "benjamini-hochberg" else 1
    return alpha * max(1, found) / len(adjusted)


def _put_back(order: Sequence[int], values: Sequence[float]) -> list[float]:
    placed = dict(zip(order, values, strict=True))
    return [placed[at] for at in range(len(order))]
