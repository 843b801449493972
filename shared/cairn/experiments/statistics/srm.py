"""Sample ratio mismatch: arms that are not as large, beside each other, as they were designed.

Whoever is missing from an arm is seldom missing by chance, so no other number of the experiment can
be believed (Fabijan et al., KDD 2019).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cairn.experiments.results import SampleRatio
from cairn.experiments.statistics.corrections import holm
from cairn.experiments.statistics.distributions import chi2_tail

ALARM: Final = 0.001
"""Chance of a false alarm."""

LEAST_DEVIATION: Final = 0.001
"""Share of all subjects by which an arm must be off; less harms nothing, whatever p says."""

LEAST_EXPECTED: Final = 10
"""Subjects that an arm must expect; χ² is no approximation below. Smaller arms count as one."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the subjects: those with one value of a dimension; all, where it is None."""

    dimension: str | None
    value: str | None


ALL: Final = Segment(None, None)


def sample_ratio(exposed: Mapping[str, int], weights: Mapping[str, float]) -> SampleRatio:
    """Pearson's χ² of exposed subjects against the designed weights.

    Arms of weight zero are left out, and so is their degree of freedom.
    """
    p, deviation = _tested(exposed, weights)
    return _told(ALL, p, deviation, exposed)


def by_dimension(
    exposed: Mapping[str, Mapping[str, Mapping[str, int]]], weights: Mapping[str, float]
) -> tuple[SampleRatio, ...]:
    """The same within every value of every dimension, p adjusted by Holm for their number.

    Args:
        exposed: subjects by dimension, value and variation.
        weights: by variation, of any sum.
    """
    arms = {
        Segment(dimension, value): counts
        for dimension, values in sorted(exposed.items())
        for value, counts in sorted(values.items())
    }
    tested = {segment: _tested(counts, weights) for segment, counts in arms.items()}
    known = {segment: p for segment, (p, _) in tested.items() if p is not None}
    corrected = dict(zip(known, holm(list(known.values())), strict=True))
    return tuple(
        _told(segment, corrected.get(segment), deviation, arms[segment])
        for segment, (_, deviation) in tested.items()
    )


def _tested(exposed: Mapping[str, int], weights: Mapping[str, float]) -> tuple[float | None, float]:
    """p, None where there are too few; and the largest deviation of an arm's share."""
    designed = {arm: weight for arm, weight in weights.items() if weight > 0}
    counts = {arm: exposed.get(arm, 0) for arm in designed}
    total, whole = sum(counts.values()), sum(designed.values())
    if not total:
        return None, 0.0
    expected = {arm: weight / whole * total for arm, weight in designed.items()}
    off = {arm: counts[arm] - expected[arm] for arm in designed}
    deviation = max(map(abs, off.values())) / total
    cells = _cells([(expected[arm], off[arm]) for arm in designed])
    if len(cells) < 2 or min(cells)[0] < LEAST_EXPECTED:  # noqa: PLR2004  # a ratio
        return None, deviation
    chi2 = sum(distance * distance / share for share, distance in cells)
    return chi2_tail(chi2, len(cells) - 1), deviation


def _cells(arms: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """What arms expect and how far they are off it; those that expect too little, together."""
    cells = sorted(arms)
    while len(cells) > 1 and cells[0][0] < LEAST_EXPECTED:
        (one, off), (other, other_off), *rest = cells
        cells = sorted([(one + other, off + other_off), *rest])
    return cells


def _told(
    segment: Segment, p: float | None, deviation: float, exposed: Mapping[str, int]
) -> SampleRatio:
    return SampleRatio(
        dimension=segment.dimension,
        value=segment.value,
        exposed=dict(exposed),
        p=p,
        deviation=deviation,
        mismatch=p is not None and p < ALARM and deviation >= LEAST_DEVIATION,
    )
