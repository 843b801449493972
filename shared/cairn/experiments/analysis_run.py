"""One look at an experiment: what was counted, what it means, and what follows from that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, Protocol

from cairn.configuration.history import History
from cairn.configuration.model import Kind, address
from cairn.experiments import arm_counters, arms
from cairn.experiments.arm_sums import as_sums
from cairn.experiments.breach import breaches
from cairn.experiments.design import Design
from cairn.experiments.document_changes import CONTROL, SERVING, course_of, remarked
from cairn.experiments.judged_design import designed
from cairn.experiments.model import ExperimentDocument, MetricDocument, MetricType
from cairn.experiments.notes import note
from cairn.experiments.past import past_told
from cairn.experiments.published_experiments import PublishedExperiment
from cairn.experiments.record import ExperimentRecord, Point, Rollback, point_of
from cairn.experiments.results import ExperimentResult, Findings, Reason
from cairn.experiments.verdict import REDESIGNED, verdict
from cairn.platform.clock import rfc3339
from cairn.platform.ids import derived_id

LOOKED_BACK: Final = 20
"""Changes of a document that are looked through: more than are made between two looks."""


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
    ) -> arm_counters.Arms:
        """What was counted of an experiment."""
        ...


class ExperimentRecords(Protocol):
    """Where standings are kept."""

    def standing(self, workspace: str, experiment: str) -> ExperimentRecord | None:
        """How an experiment stands; None where nobody ever looked."""
        ...

    def save(
        self, workspace: str, standing: ExperimentRecord, point: Point | None = None
    ) -> ExperimentRecord:
        """Writes a standing over its own version, and the look as a point of its course.

        Raises:
            Conflict: somebody else wrote meanwhile.
        """
        ...


class Histories(Protocol):
    """Where it is kept who published what."""

    def history(self, workspace: str, name: str, before: int | None, limit: int) -> History:
        """Who changed the document `<kind>/<id>`, newest first."""
        ...


@dataclass(frozen=True, slots=True)
class AnalysisRun:
    """What a look needs."""

    counts: Counts
    standings: ExperimentRecords
    analyse: Analyse
    histories: Histories

    def look(self, workspace: str, planned: PublishedExperiment, now: datetime) -> ExperimentRecord:
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
        course = course_of(planned, former, partial(self._history, workspace, planned), now)
        found = self.analyse(self._case(workspace, planned, design, now)).findings
        found = _noted(past_told(remarked(found, course), planned), planned, redesigned)
        standing = ExperimentRecord(
            experiment=planned.document.id,
            version=former.version if former else 0,
            design=design,
            redesigned=redesigned,
            document=planned.version,
            said=course.said,
            changed=course.changed,
            absent=course.absent,
            result=ExperimentResult(
                experiment=planned.document.id, verdict=verdict(found), findings=found
            ),
        )
        standing = _judged(workspace, planned, standing)
        return self.standings.save(workspace, standing, point_of(standing.result))

    def _history(self, workspace: str, planned: PublishedExperiment) -> History:
        name = address(Kind.EXPERIMENT, planned.document.id)
        return self.histories.history(workspace, name, None, LOOKED_BACK)

    def _case(
        self, workspace: str, planned: PublishedExperiment, design: Design, now: datetime
    ) -> Case:
        document, metrics = planned.document, planned.metrics
        types = {name: each.type for name, each in metrics.items()}
        return Case(
            document=document,
            metrics=metrics,
            weights=design.weights,
            arms=as_sums(self.counts.arms(workspace, document.id, types), document.control),
            at=now,
        )


def _judged(
    workspace: str, planned: PublishedExperiment, standing: ExperimentRecord
) -> ExperimentRecord:
    """The standing with what must be done: nothing, or a rollback."""
    if not planned.document.rollback or not _may_be_rolled_back(planned, standing):
        return standing
    reasons = breaches(standing.result.findings, standing.design.weights)
    if not reasons:
        return standing
    rollback = _rollback(workspace, planned.document, reasons, standing.at)
    return standing.model_copy(update={"rollback": rollback})


def _may_be_rolled_back(planned: PublishedExperiment, standing: ExperimentRecord) -> bool:
    """Whether results are beyond doubt: nobody could make them up, and their grounds held.

    Where weights changed, arms differ by when their subjects came; where the control did, somebody
    must say which one to go back to.
    """
    held = standing.changed.keys().isdisjoint({CONTROL, SERVING})
    return planned.decided and held and not standing.redesigned


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


def _noted(
    findings: Findings, planned: PublishedExperiment, redesigned: tuple[datetime, ...]
) -> Findings:
    told = [*findings.notes]
    if redesigned:
        told.append(note(REDESIGNED, times=len(redesigned), last=rfc3339(redesigned[-1])))
    if not planned.decided:
        told.append(note("told_by_clients"))
    return findings.model_copy(update={"notes": tuple(told)})
