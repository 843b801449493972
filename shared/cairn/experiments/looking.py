"""One look at an experiment: what was counted, what it means, and what follows from that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cairn.experiments import arms, counted
from cairn.experiments.breach import breaches
from cairn.experiments.design import Design
from cairn.experiments.designed import designed
from cairn.experiments.model import ExperimentDocument, MetricDocument, MetricType
from cairn.experiments.notes import note
from cairn.experiments.planned import Planned
from cairn.experiments.results import ExperimentResult, Reason
from cairn.experiments.standing import Point, Rollback, Standing, point_of
from cairn.experiments.summed import as_sums
from cairn.platform.clock import rfc3339
from cairn.platform.ids import derived_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What statistics are asked about.

    Attributes:
        metrics: by id, all that the document names.
        weights: the designed ones, by variation; the control's and one more are above 0.
        arms: by variation; who is missing has no subjects.
        at: when it is looked at.
    """

    document: ExperimentDocument
    metrics: Mapping[str, MetricDocument]
    weights: Mapping[str, float]
    arms: Mapping[str, arms.Arm]
    at: datetime


type Analyse = Callable[[Case], ExperimentResult]
"""Says everything that can be said of an experiment."""


class Counts(Protocol):
    """Where the fold's counts are."""

    def arms(
        self, workspace: str, experiment: str, types: Mapping[str, MetricType]
    ) -> counted.Arms:
        """What was counted of an experiment."""
        ...


class Standings(Protocol):
    """Where standings are kept."""

    def standing(self, workspace: str, experiment: str) -> Standing | None:
        """How an experiment stands; None where nobody ever looked."""
        ...

    def save(self, workspace: str, standing: Standing, point: Point | None = None) -> Standing:
        """Writes a standing over its own version, and the look as a point of its course.

        Raises:
            Conflict: somebody else wrote meanwhile.
        """
        ...


@dataclass(frozen=True, slots=True)
class Looking:
    """What a look needs."""

    counts: Counts
    standings: Standings
    analyse: Analyse

    def look(self, workspace: str, planned: Planned, now: datetime) -> Standing:
        """Looks at an experiment, and keeps what is seen.

        One that was rolled back stays as it was then: subjects have changed their variation since.

        Raises:
            Unprocessable: nothing can be said of it.
            Conflict: somebody else looks at it at the same time.
            StoreUnavailable: tables are down.
        """
        former = self.standings.standing(workspace, planned.document.id)
        if former is not None and former.rollback is not None:
            return former
        design, redesigned = designed(planned, former, now)
        result = self.analyse(self._case(workspace, planned, design, now))
        standing = Standing(
            experiment=planned.document.id,
            version=former.version if former else 0,
            design=design,
            redesigned=redesigned,
            result=_noted(result, redesigned),
        )
        standing = _judged(workspace, planned.document, standing)
        return self.standings.save(workspace, standing, point_of(result))

    def _case(self, workspace: str, planned: Planned, design: Design, now: datetime) -> Case:
        document, metrics = planned.document, planned.metrics
        types = {name: each.type for name, each in metrics.items()}
        return Case(
            document=document,
            metrics=metrics,
            weights=design.weights,
            arms=as_sums(self.counts.arms(workspace, document.id, types), document.control),
            at=now,
        )


def _judged(workspace: str, document: ExperimentDocument, standing: Standing) -> Standing:
    """The standing with what must be done: nothing, or a rollback."""
    if not document.rollback:
        return standing
    findings = standing.result.findings
    reasons = breaches(findings, standing.design.weights, redesigned=bool(standing.redesigned))
    if not reasons:
        return standing
    rollback = _rollback(workspace, document, reasons, standing.at)
    return standing.model_copy(update={"rollback": rollback})


def _rollback(
    workspace: str, document: ExperimentDocument, reasons: tuple[Reason, ...], at: datetime
) -> Rollback:
    return Rollback(
        id=derived_id("rbk", at, workspace, document.id),
        at=at,
        reasons=reasons,
        flag=document.flag,
        control=document.control,
    )


def _noted(result: ExperimentResult, redesigned: tuple[datetime, ...]) -> ExperimentResult:
    if not redesigned:
        return result
    told = note("redesigned", times=len(redesigned), last=rfc3339(redesigned[-1]))
    findings = result.findings
    findings = findings.model_copy(update={"notes": (*findings.notes, told)})
    return result.model_copy(update={"findings": findings})
