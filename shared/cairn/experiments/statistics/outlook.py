"""How far an experiment has to go, by its first goal."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from cairn.experiments.arms import MetricSums
from cairn.experiments.model import Analysis, MetricDocument
from cairn.experiments.results import Outlook
from cairn.experiments.statistics.estimate import estimate
from cairn.experiments.statistics.methods import Method
from cairn.experiments.statistics.power import (
    Design,
    detectable_effect,
    minimum_subjects,
    power,
)
from cairn.experiments.statistics.undefined import Undefined


def designed(
    analysis: Analysis, questions: int, weights: Mapping[str, float], control: str, method: Method
) -> Design:
    """What an experiment was planned to show: of its variations, the one of the least weight.

    Each of many questions has its part of α only, as under Holm and under Benjamini and Hochberg
    where just one effect is there.
    """
    whole = sum(weights.values())
    others = [weight for arm, weight in weights.items() if arm != control and weight > 0]
    return Design(
        share=weights[control] / whole,
        other=min(others) / whole,
        alpha=analysis.alpha / (1 if analysis.correction == "none" else questions),
        power=analysis.power,
        effect=analysis.minimum_effect,
        method=method,
    )


@dataclass(frozen=True, slots=True)
class Traffic:
    """Who came.

    Attributes:
        subjects: in all arms.
        per_day: how many came on a day, on average.
    """

    subjects: int
    per_day: float


def outlook(
    control: MetricSums, metric: MetricDocument, traffic: Traffic, design: Design
) -> Outlook:
    """What is still needed.

    Args:
        control: sums of the control in the first goal, CUPED's adjustment applied.
        metric: the first goal.
        traffic: who came.
        design: what is to be shown, and how.
    """
    subjects, effect = traffic.subjects, design.effect
    sign = 1 if metric.direction == "up" else -1
    with suppress(Undefined):
        base = estimate(control, metric.type)
        needed = _told(minimum_subjects, base, sign * effect, design)
        return Outlook(
            subjects=subjects,
            minimum_effect=effect,
            minimum_subjects=needed,
            power=power(base, sign * effect, subjects, design),
            detectable_effect=_told(detectable_effect, base, subjects, design, sign),
            remaining_days=_days(needed, traffic),
        )
    return Outlook(
        subjects=subjects,
        minimum_effect=effect,
        minimum_subjects=None,
        power=None,
        detectable_effect=None,
        remaining_days=None,
    )


def _days(needed: int | None, traffic: Traffic) -> float | None:
    """Days until there are enough subjects; None where that is not known, or none come."""
    if needed is None:
        return None
    missing = max(0, needed - traffic.subjects)
    if not missing:
        return 0.0
    return missing / traffic.per_day if traffic.per_day > 0 else None


def _told[**P, Number](
    of: Callable[P, Number], *arguments: P.args, **named: P.kwargs
) -> Number | None:
    """What a function gives; None where it is undefined."""
    with suppress(Undefined):
        return of(*arguments, **named)
    return None
