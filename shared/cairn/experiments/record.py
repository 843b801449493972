"""What is kept of an experiment's results: the newest one, and how they went."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict

from cairn.experiments.design import Design
from cairn.experiments.results import ExperimentResult, Reason, VerdictWord

SCHEMA: Final = 1


class Part(BaseModel):
    """Whatever is kept: frozen."""

    model_config = ConfigDict(defer_build=True, frozen=True)


class Rollback(Part):
    """That an experiment's flag is switched back to its control.

    Attributes:
        id: `rbk_…`; whoever hears of a rollback twice knows it by this.
        at: when it was decided.
        reasons: why; at least one.
        flag: whose rule it is.
        control: what everybody gets from then on.
        release: the configuration's version in which everybody does; null until then.
        told: whether everybody who wants to know was told.
    """

    id: str
    at: datetime
    reasons: tuple[Reason, ...]
    flag: str
    control: str
    release: int | None = None
    told: bool = False


class ExperimentRecord(Part):
    """How an experiment stands, after its last look.

    Attributes:
        version: counts the writes; 0 where nothing was written yet.
        design: the design that the result is judged by.
        redesigned: when the design was seen to have changed while the experiment ran.
        document: the version of its document that was looked at; 0 where that is not known.
        said: what the result stands on, as fingerprints by part (see `document_changes`).
        changed: when a part of that was changed last while the experiment ran.
        absent: when the experiment was last taken out of publication while it ran.
        result: of the last look.
        rollback: null where it was never rolled back; it is never rolled back again.
    """

    schema_version: int = SCHEMA
    experiment: str
    version: int = 0
    design: Design
    redesigned: tuple[datetime, ...] = ()
    document: int = 0
    said: Mapping[str, str] = {}
    changed: Mapping[str, datetime] = {}
    absent: datetime | None = None
    result: ExperimentResult
    rollback: Rollback | None = None

    @property
    def at(self) -> datetime:
        """When the last look was."""
        return self.result.findings.at

    @property
    def subjects(self) -> int:
        """How many were exposed, in all arms."""
        return sum(self.result.findings.sample_ratio.exposed.values())


class Interval(Part):
    """A metric's lift at one look.

    Attributes:
        value: the lift, a share of the control's mean.
        low: the interval's lower end.
        high: its upper end.
    """

    metric: str
    variation: str
    value: float
    low: float
    high: float


class Point(Part):
    """One look, as far as a course tells of it.

    Attributes:
        subjects: exposed ones, in all arms.
        word: of the verdict.
        intervals: of every metric that had a lift.
    """

    schema_version: int = SCHEMA
    at: datetime
    subjects: int
    word: VerdictWord
    intervals: tuple[Interval, ...]


def point_of(result: ExperimentResult) -> Point:
    """A result as a point of its course."""
    findings = result.findings
    return Point(
        at=findings.at,
        subjects=sum(findings.sample_ratio.exposed.values()),
        word=result.verdict.word,
        intervals=tuple(_intervals(result)),
    )


def _intervals(result: ExperimentResult) -> Iterator[Interval]:
    for each in (*result.findings.goals, *result.findings.guardrails):
        if each.lift is not None:
            lift = each.lift
            yield Interval(
                metric=each.metric,
                variation=each.variation,
                value=lift.value,
                low=lift.low,
                high=lift.high,
            )
