"""One metric of one variation against the control, as far as the sums tell."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from cairn.experiments.arms import MetricSums
from cairn.experiments.model import MetricDocument
from cairn.experiments.results import ArmMean, Cuped
from cairn.experiments.statistics.contrast import Contrast, Pair, difference, lift, pair
from cairn.experiments.statistics.cuped import adjusted
from cairn.experiments.statistics.estimate import estimate, rarer, weight
from cairn.experiments.statistics.undefined import Undefined

LEAST_CONVERSIONS: Final = 50
"""In both arms together, and subjects without one; a normal distribution describes fewer badly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One metric of one variation.

    Attributes:
        control: the control's mean, as it was counted.
        of: the variation's.
        pair: both means, less what the past tells; None where the sums tell none.
        difference: the variation's mean less the control's; None where there is no pair.
        lift: None where the control's mean may be zero.
        cuped: None where nothing was adjusted.
        codes: of notes on what was found.
    """

    metric: MetricDocument
    variation: str
    control: ArmMean
    of: ArmMean
    pair: Pair | None
    difference: Contrast | None
    lift: Contrast | None
    cuped: Cuped | None
    codes: tuple[str, ...]


def compare(
    metric: MetricDocument, arms: Mapping[str, MetricSums], control: str, *, cuped: bool
) -> list[Comparison]:
    """Every variation against the control, in one metric.

    Args:
        metric: what is compared.
        arms: its sums by variation, the control among them.
        control: the variation that the others are compared with.
        cuped: whether what subjects did before takes noise away.
    """
    past = _Past(arms, None, ())
    if cuped:
        past = _less_past(metric, arms)
    return [_compared(metric, arms, past, (control, name)) for name in arms if name != control]


def arm_mean(sums: MetricSums, metric: MetricDocument) -> ArmMean:
    """What one arm did, without any judgement."""
    mean = None
    with suppress(Undefined):
        mean = estimate(sums, metric.type).mean
    return ArmMean(subjects=sums.subjects, mean=mean, conversions=weight(sums, metric.type))


@dataclass(frozen=True, slots=True)
class _Past:
    """Sums less what the past tells, what that was worth, and what should be known of it."""

    less: Mapping[str, MetricSums]
    says: Cuped | None
    codes: tuple[str, ...]


def _less_past(metric: MetricDocument, arms: Mapping[str, MetricSums]) -> _Past:
    if metric.type == "duration":
        return _Past(arms, None, ("cuped_not_for_durations",))
    less, says = adjusted(arms, metric.type)
    return _Past(less, says, () if says else ("cuped_no_past",))


def _compared(
    metric: MetricDocument, arms: Mapping[str, MetricSums], past: _Past, names: tuple[str, str]
) -> Comparison:
    """One variation: what can be said, and the codes of what can't or should be known besides."""
    control, variation = (arm_mean(arms[name], metric) for name in names)
    few = rarer((arms[each] for each in names), metric.type) < LEAST_CONVERSIONS
    codes = [*(["few_conversions"] if few else []), *past.codes]
    of, apart, relative = None, None, None
    try:
        of = pair(past.less[names[0]], past.less[names[1]], metric.type)
        codes += ["variance_borrowed"] if of.borrowed else []
        apart = difference(of)
        relative = lift(of)
    except Undefined as gap:
        codes.append(gap.code)
    return Comparison(
        metric=metric,
        variation=names[1],
        control=control,
        of=variation,
        pair=of,
        difference=apart,
        lift=relative,
        cuped=past.says,
        codes=tuple(codes),
    )
