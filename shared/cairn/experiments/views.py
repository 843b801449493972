"""What is answered about experiments."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict

from cairn.experiments.design import weights_of
from cairn.experiments.model import ExperimentDocument
from cairn.experiments.published_experiments import PublishedExperiment
from cairn.experiments.record import ExperimentRecord, Point, Rollback
from cairn.experiments.results import ExperimentResult, Reason, Verdict
from cairn.experiments.status import Status, status_of


class View(BaseModel):
    """Whatever is answered: frozen."""

    model_config = ConfigDict(defer_build=True, frozen=True)


class DesignView(View):
    """How subjects are split.

    Attributes:
        weights: by variation; of any sum.
        redesigned: when it was seen to have changed while the experiment ran.
    """

    weights: Mapping[str, float]
    redesigned: Sequence[datetime]

    @classmethod
    def of(cls, standing: ExperimentRecord) -> Self:
        """The design of what was looked at."""
        return cls(weights=standing.design.weights, redesigned=standing.redesigned)


class RollbackView(View):
    """That an experiment's flag was switched back to its control.

    Attributes:
        at: when it was decided.
        done: whether everybody gets the control, and everybody who wants to know was told.
    """

    id: str
    at: datetime
    reasons: Sequence[Reason]
    flag: str
    control: str
    done: bool

    @classmethod
    def of(cls, rollback: Rollback | None) -> Self | None:
        """A rollback, if there is one."""
        if rollback is None:
            return None
        return cls(
            id=rollback.id,
            at=rollback.at,
            reasons=rollback.reasons,
            flag=rollback.flag,
            control=rollback.control,
            done=rollback.told,
        )


class Analysed(View):
    """An experiment as it was judged just now.

    Attributes:
        rollback: null where it was never rolled back; where it was, the result is that of then.
    """

    experiment: str
    design: DesignView
    result: ExperimentResult
    rollback: RollbackView | None

    @classmethod
    def of(cls, standing: ExperimentRecord) -> Self:
        """What a look gave."""
        return cls(
            experiment=standing.experiment,
            design=DesignView.of(standing),
            result=standing.result,
            rollback=RollbackView.of(standing.rollback),
        )


class ExperimentRow(View):
    """An experiment in a list.

    Attributes:
        started: from when on exposures count; null for a draft.
        ends: when the last subject is taken in.
        exposed: subjects by variation, at the last look.
        verdict: of the last look; null where nobody ever looked.
        at: when that was.
        rolled_back: when it was rolled back; null where it never was.
    """

    id: str
    hypothesis: str
    owner: str
    flag: str
    control: str
    status: Status
    started: datetime | None
    ends: datetime | None
    exposed: Mapping[str, int]
    verdict: Verdict | None
    at: datetime | None
    rolled_back: datetime | None

    @classmethod
    def of(
        cls, planned: PublishedExperiment, standing: ExperimentRecord | None, now: datetime
    ) -> Self:
        """The row of an experiment."""
        document = planned.document
        rollback = standing.rollback if standing else None
        return cls(
            id=document.id,
            hypothesis=document.hypothesis,
            owner=document.owner,
            flag=document.flag,
            control=document.control,
            status=status_of(document, planned.metrics, now),
            started=document.started,
            ends=document.ends,
            exposed=standing.result.findings.sample_ratio.exposed if standing else {},
            verdict=standing.result.verdict if standing else None,
            at=standing.at if standing else None,
            rolled_back=rollback.at if rollback else None,
        )


class ExperimentList(View):
    """A page of experiments, by their id.

    Attributes:
        next: the `cursor` of the next page; null on the last.
    """

    experiments: Sequence[ExperimentRow]
    next: str | None


class ExperimentView(View):
    """An experiment as it is published, and where it stands.

    Attributes:
        version: of its document.
        weights: of its variations, as its flag's rule splits them now; null without such a rule.
        missing: metrics that it names and that are not published.
        document: as it was written.
        summary: as in a list.
    """

    version: int
    weights: Mapping[str, float] | None
    missing: Sequence[str]
    document: ExperimentDocument
    summary: ExperimentRow

    @classmethod
    def of(
        cls, planned: PublishedExperiment, standing: ExperimentRecord | None, now: datetime
    ) -> Self:
        """What is published, and where it stands."""
        return cls(
            version=planned.version,
            weights=weights_of(planned.rule) if planned.rule else None,
            missing=planned.missing,
            document=planned.document,
            summary=ExperimentRow.of(planned, standing, now),
        )


class ResultsView(View):
    """The results of an experiment, and how they developed.

    Attributes:
        status: where it stands.
        hypothesis: what was expected.
        design: null where nobody ever looked.
        result: of the last look; null where nobody ever looked.
        course: how lifts went, oldest first: every look at a young experiment, then the last one
            of each day.
        rollback: null where it was never rolled back; where it was, the result is that of then.
        restored: whether the flag was rolled back and gives other variations again since.
    """

    experiment: str
    status: Status
    hypothesis: str
    started: datetime | None
    ends: datetime | None
    design: DesignView | None
    result: ExperimentResult | None
    course: Sequence[Point]
    rollback: RollbackView | None
    restored: bool

    @classmethod
    def of(
        cls,
        planned: PublishedExperiment,
        standing: ExperimentRecord | None,
        course: Sequence[Point],
        now: datetime,
    ) -> Self:
        """What is known now."""
        document = planned.document
        return cls(
            experiment=document.id,
            status=status_of(document, planned.metrics, now),
            hypothesis=document.hypothesis,
            started=document.started,
            ends=document.ends,
            design=DesignView.of(standing) if standing else None,
            result=standing.result if standing else None,
            course=course,
            rollback=RollbackView.of(standing.rollback) if standing else None,
            restored=_restored(planned, standing),
        )


def _restored(planned: PublishedExperiment, standing: ExperimentRecord | None) -> bool:
    """Whether somebody gets another variation than the control again, since a rollback was done."""
    if standing is None or standing.rollback is None or not standing.rollback.told:
        return False
    weights = weights_of(planned.rule) if planned.rule else {}
    return any(weight for name, weight in weights.items() if name != planned.document.control)
