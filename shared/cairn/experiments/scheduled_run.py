"""One run over all experiments: look at each that may have news, and roll back what does harm.

An experiment or a workspace that fails is counted and named; it stops no other. Every run begins
with another workspace.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cairn.experiments.analysis_run import AnalysisRun
from cairn.experiments.published_experiments import PublishedExperiment
from cairn.experiments.record import ExperimentRecord
from cairn.experiments.rollback_execution import RollbackExecution
from cairn.experiments.status import is_due
from cairn.platform.clock import Deadline
from cairn.platform.errors import NotFound
from cairn.platform.rounds import Round, in_turn

RESERVE_MS: Final = 3_000
"""Kept of the deadline for the experiment that is under way."""

TURN: Final = timedelta(minutes=15)
"""So long runs begin with the same workspace: no longer than they are apart."""

type Published = Callable[[str], Mapping[str, PublishedExperiment]]
"""The experiments of a workspace by their id."""


@dataclass(slots=True)
class Report(Round):
    """What a run did.

    Attributes:
        looked: experiments that were looked at.
        rolled_back: those whose flag was switched back.
    """

    looked: int = 0
    rolled_back: int = 0


@dataclass(frozen=True, slots=True)
class ScheduledRun:
    """What a run needs.

    Attributes:
        workspaces: every workspace that ever published something.
    """

    workspaces: Callable[[], Sequence[str]]
    published: Published
    looking: AnalysisRun
    switching: RollbackExecution

    def run(self, trace_id: str, now: datetime, deadline: Deadline) -> Report:
        """Judges every experiment that may have news, as far as the time suffices.

        Raises:
            StoreUnavailable: the list of workspaces cannot be read.
        """
        report = Report()
        workspaces = in_turn(self.workspaces(), now, TURN)
        for workspace in report.each(workspaces, deadline, RESERVE_MS):
            with report.containing(workspace):
                for name, planned in self.published(workspace).items():
                    if not is_due(planned.document, planned.metrics, now):
                        continue
                    if not deadline.left_ms(RESERVE_MS):
                        report.unfinished += 1
                        break
                    with report.containing(f"{workspace}/{name}"):
                        standing = self.looking.look(workspace, planned, now)
                        report.looked += 1
                        if standing.rollback is not None and not standing.rollback.told:
                            self.switching.carry_on(workspace, standing, trace_id, now, deadline)
                            report.rolled_back += 1
        return report

    def judge(
        self, workspace: str, experiment: str, trace_id: str, now: datetime, deadline: Deadline
    ) -> ExperimentRecord:
        """Judges one experiment now.

        Raises:
            NotFound: there is none.
            Unprocessable: nothing can be said of it, or its flag cannot be switched back.
            Conflict: somebody else does the same at the same time.
            Unavailable: a dependency is down.
        """
        planned = self.published(workspace).get(experiment)
        if planned is None:
            raise NotFound("There is no such experiment.", code="experiment.not_found")
        standing = self.looking.look(workspace, planned, now)
        return self.switching.carry_on(workspace, standing, trace_id, now, deadline)
