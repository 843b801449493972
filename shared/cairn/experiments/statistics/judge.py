"""From contrasts to results: intervals, p values, posteriors, outcomes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cairn.experiments.model import Correction, Direction
from cairn.experiments.notes import note
from cairn.experiments.results import Effect, MetricResult, Outcome, Posterior
from cairn.experiments.statistics.bayes import posterior
from cairn.experiments.statistics.compare import Comparison
from cairn.experiments.statistics.contrast import Contrast
from cairn.experiments.statistics.corrections import CORRECTIONS, interval_alpha
from cairn.experiments.statistics.methods import Method, interval

PRIOR_SD: Final = 0.3
"""How large lifts usually are: two of three within 30% to either side, before anything is seen."""


@dataclass(frozen=True, slots=True)
class Judge:
    """How metrics are judged.

    Attributes:
        method: of intervals and p values.
        alpha: the chance of a false alarm, of all that is judged together.
        correction: how many are judged together.
        bayesian: whether the posterior decides the outcome, and not p.
    """

    method: Method
    alpha: float
    correction: Correction
    bayesian: bool

    def judge(self, comparisons: Sequence[Comparison]) -> list[MetricResult]:
        """The results of metrics that are judged together.

        Whether there is an effect is asked of the difference: dividing by the control's mean adds
        nothing to the answer but error.
        """
        p_values = [
            None if each.difference is None else self.method.p_value(each.difference)
            for each in comparisons
        ]
        corrected = CORRECTIONS[self.correction]([p for p in p_values if p is not None])
        alpha = interval_alpha(corrected, self.alpha, self.correction)
        following = iter(corrected)
        return [
            self._result(each, alpha, p, None if p is None else next(following))
            for each, p in zip(comparisons, p_values, strict=True)
        ]

    def _result(
        self, of: Comparison, alpha: float, p: float | None, adjusted: float | None
    ) -> MetricResult:
        believed = self._posterior(of)
        return MetricResult(
            metric=of.metric.id,
            variation=of.variation,
            type=of.metric.type,
            direction=of.metric.direction,
            cap=of.metric.cap,
            control_arm=of.control,
            variation_arm=of.of,
            outcome=self._outcome(of, adjusted, believed),
            p=p,
            p_adjusted=None if self.correction == "none" else adjusted,
            difference=self._effect(of.difference, alpha),
            lift=self._effect(of.lift, alpha),
            posterior=believed,
            cuped=of.cuped,
            notes=tuple(map(note, of.codes)),
        )

    def _effect(self, of: Contrast | None, alpha: float) -> Effect | None:
        if of is None:
            return None
        low, high = interval(of, alpha, self.method)
        return Effect(value=of.value, low=low, high=high, level=1 - alpha)

    def _posterior(self, of: Comparison) -> Posterior | None:
        """By the prior of usual lifts; by the data alone where there is no lift."""
        if of.lift is not None:
            return posterior(of.lift, of.metric.direction, self.alpha, PRIOR_SD)
        if of.difference is not None:
            return posterior(of.difference, of.metric.direction, self.alpha, None)
        return None

    def _outcome(self, of: Comparison, p: float | None, believed: Posterior | None) -> Outcome:
        if of.difference is None or p is None or believed is None:
            return "undefined"
        if self.bayesian:
            shown, value = not believed.low <= 0 <= believed.high, believed.mean
        else:
            shown, value = p <= self.alpha, of.difference.value
        return _way(value, of.metric.direction) if shown else "unclear"


def _way(value: float, direction: Direction) -> Outcome:
    return "better" if (value > 0) == (direction == "up") else "worse"
