"""An experiment's result, from its documents and the sums of its arms."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cairn.experiments.arms import Arm, MetricSums
from cairn.experiments.model import ExperimentDocument, MetricDocument
from cairn.experiments.notes import note
from cairn.experiments.results import (
    Crossovers,
    ExperimentResult,
    Findings,
    MetricResult,
    Note,
    Outlook,
)
from cairn.experiments.statistics.compare import Comparison, compare
from cairn.experiments.statistics.cuped import adjusted
from cairn.experiments.statistics.guardrails import guarded
from cairn.experiments.statistics.judge import Judge
from cairn.experiments.statistics.methods import Fixed, Method, Sequential
from cairn.experiments.statistics.outlook import Traffic, designed, outlook
from cairn.experiments.statistics.quantiles import quantiles
from cairn.experiments.statistics.srm import by_dimension, sample_ratio
from cairn.experiments.verdict import verdict

FEW_SUBJECTS: Final = 100
"""In both arms; asymptotic sequences promise little below."""

MANY_CROSSED: Final = 0.01
"""Share of subjects that saw more than one variation, from which on it is told."""

SEQUENTIAL: Final = Sequential()
FIXED: Final = Fixed()


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """An experiment as it was published.

    Attributes:
        document: how it is to be judged.
        metrics: by id, all that the document names.
        weights: of its variations, as the flag's rule splits them; of any sum, the control's and
            one more above 0.
    """

    document: ExperimentDocument
    metrics: Mapping[str, MetricDocument]
    weights: Mapping[str, float]


def analyse(of: Experiment, arms: Mapping[str, Arm], at: datetime) -> ExperimentResult:
    """Everything that can be said of an experiment at a time, and what to do.

    Args:
        of: the experiment.
        arms: by variation; who is missing has no subjects.
        at: when it is looked at, in UTC.
    """
    found = _Look(of, {name: arms.get(name, Arm()) for name in {**of.weights, **arms}}, at)
    findings = found.findings()
    return ExperimentResult(experiment=of.document.id, verdict=verdict(findings), findings=findings)


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at an experiment."""

    of: Experiment
    arms: Mapping[str, Arm]
    at: datetime

    def findings(self) -> Findings:
        document = self.of.document
        ahead = self._outlook()
        method = document.analysis.method
        ended = self._ended(ahead)
        return Findings(
            at=self.at,
            control=document.control,
            method=method,
            alpha=document.analysis.alpha,
            correction=document.analysis.correction if method != "bayesian" else "none",
            sample_ratio=sample_ratio(self._exposed, self.of.weights),
            segments=by_dimension(self._segments(), self.of.weights),
            crossovers=self._crossovers,
            goals=self._goals(),
            guardrails=self._guardrails(),
            outlook=ahead,
            planned_end=ended,
            notes=tuple(self._notes(ended=ended)),
        )

    @property
    def _method(self) -> Method:
        """A posterior has the width of a fixed horizon's interval, about."""
        return SEQUENTIAL if self.of.document.analysis.method == "sequential" else FIXED

    @property
    def _exposed(self) -> dict[str, int]:
        return {name: arm.exposed for name, arm in self.arms.items()}

    @property
    def _subjects(self) -> int:
        return sum(self._exposed.values())

    @property
    def _crossovers(self) -> Crossovers:
        crossed = sum(arm.crossed for arm in self.arms.values())
        return Crossovers(subjects=crossed, share=crossed / max(1, crossed + self._subjects))

    def _segments(self) -> dict[str, dict[str, dict[str, int]]]:
        """Exposed subjects by dimension, value and variation."""
        found: dict[str, dict[str, dict[str, int]]] = {}
        for name, arm in self.arms.items():
            for dimension, values in arm.segments.items():
                for value, count in values.items():
                    found.setdefault(dimension, {}).setdefault(value, {})[name] = count
        return found

    def _sums(self, metric: str) -> dict[str, MetricSums]:
        """By arm that was designed; in one where nothing happened, nobody did anything."""
        return {
            name: arm.metrics.get(metric, MetricSums(subjects=arm.exposed))
            for name, arm in self.arms.items()
            if self.of.weights.get(name, 0) > 0 or name == self.of.document.control
        }

    def _compared(self, metric: str) -> list[Comparison]:
        document = self.of.document
        return compare(
            self.of.metrics[metric],
            self._sums(metric),
            document.control,
            cuped=document.analysis.cuped,
        )

    def _goals(self) -> tuple[MetricResult, ...]:
        analysis = self.of.document.analysis
        bayesian = analysis.method == "bayesian"
        judge = Judge(
            method=self._method,
            alpha=analysis.alpha,
            correction="none" if bayesian else analysis.correction,
            bayesian=bayesian,
        )
        compared = [each for name in self.of.document.metrics for each in self._compared(name)]
        return tuple(self._with_quantiles(each) for each in judge.judge(compared))

    def _guardrails(self) -> tuple[MetricResult, ...]:
        """Watched at every look, so sequential; each by itself, as all must hold."""
        judge = Judge(
            method=SEQUENTIAL,
            alpha=self.of.document.analysis.alpha,
            correction="none",
            bayesian=False,
        )
        found = []
        for guardrail in self.of.document.guardrails:
            compared = self._compared(guardrail.metric)
            for each, result in zip(compared, judge.judge(compared), strict=True):
                state = guarded(
                    each.pair, result.direction, guardrail.margin, judge.alpha, judge.method
                )
                found.append(self._with_quantiles(result.model_copy(update={"guardrail": state})))
        return tuple(found)

    def _with_quantiles(self, result: MetricResult) -> MetricResult:
        found = tuple(
            each
            for name in (self.of.document.control, result.variation)
            for each in quantiles(
                name,
                self.arms[name].durations.get(result.metric, {}),
                self._method,
                self.of.document.analysis.alpha,
            )
        )
        return result.model_copy(update={"quantiles": found})

    def _outlook(self) -> Outlook:
        document, first = self.of.document, self.of.metrics[self.of.document.metrics[0]]
        sums: Mapping[str, MetricSums] = self._sums(first.id)
        if document.analysis.cuped and first.type != "duration":
            sums, _ = adjusted(sums, first.type)
        questions = len(document.metrics) * max(1, len(sums) - 1)
        weights, method = self.of.weights, self._method
        design = designed(document.analysis, questions, weights, document.control, method)
        return outlook(
            sums[document.control], first, Traffic(self._subjects, self._per_day), design
        )

    @property
    def _per_day(self) -> float:
        started = self.of.document.started
        if started is None or self.at <= started:
            return 0.0
        return self._subjects / ((self.at - started) / timedelta(days=1))

    def _ended(self, ahead: Outlook) -> bool:
        """Whether the last conversion is in; of a fixed horizon without an end, enough subjects."""
        document = self.of.document
        hours = max(self.of.metrics[name].window_hours for name in document.measured)
        if document.ends is not None and self.at >= document.ends + timedelta(hours=hours):
            return True
        if document.until is not None or document.analysis.method != "fixed":
            return False
        return ahead.minimum_subjects is not None and ahead.subjects >= ahead.minimum_subjects

    def _notes(self, *, ended: bool) -> Iterator[Note]:
        method = self.of.document.analysis.method
        if method == "fixed" and not ended:
            yield note("peeking")
        if method == "bayesian":
            yield note("bayesian_peeking")
        if method == "sequential" and self._subjects < FEW_SUBJECTS:
            yield note("sequential_asymptotic")
        if self._crossovers.share >= MANY_CROSSED:
            yield note("many_crossovers", share=self._crossovers.share)
        if any(arm.exposed and not self.of.weights.get(name) for name, arm in self.arms.items()):
            yield note("exposed_without_weight")
