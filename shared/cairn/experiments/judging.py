"""One run over all experiments: look at each that may have news, and roll back what does harm.

An experiment or a workspace that fails is counted and named; it stops no other. Every run begins
with another workspace, so that a run which is out of time leaves out others than the last one did.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cairn.experiments.looking import Looking
from cairn.experiments.planned import Planned
from cairn.experiments.standing import Standing
from cairn.experiments.status import is_due
from cairn.experiments.switching import Switching
from cairn.platform.clock import Deadline
from cairn.platform.errors import Conflict, NotFound

RESERVE_MS: Final = 3_000
"""Kept of the deadline for the experiment that is under way."""

TURN_S: Final = 15 * 60
"""So long runs begin with the same workspace: no longer than they are apart."""

type Published = Callable[[str], Mapping[str, Planned]]
"""The experiments of a workspace by their id."""


@dataclass(slots=True)
class Report:
    """What a run did.

    Attributes:
        looked: experiments that were looked at.
        rolled_back: those whose flag was switched back.
        unfinished: those that the time did not suffice for.
        failures: `<workspace>` or `<workspace>/<experiment>`, and what went wrong.
    """

    workspaces: int = 0
    looked: int = 0
    rolled_back: int = 0
    unfinished: int = 0
    failures: list[str] = field(default_factory=list)

    @contextmanager
    def containing(self, where: str) -> Iterator[None]:
        """Keeps a failure from spreading; a conflict means that another run does the same."""
        try:
            yield
        except Conflict:
            return
        except Exception as error:  # noqa: BLE001  # one experiment must not stop the others
            code = getattr(error, "code", type(error).__name__)
            self.failures.append(f"{where}: {code}")


@dataclass(frozen=True, slots=True)
class Judging:
    """What a run needs.

    Attributes:
        workspaces: every workspace that ever published something.
    """

    workspaces: Callable[[], Sequence[str]]
    published: Published
    looking: Looking
    switching: Switching

    def run(self, trace_id: str, now: datetime, deadline: Deadline) -> Report:
        """Judges every experiment that may have news, as far as the time suffices.

        Raises:
            StoreUnavailable: the list of workspaces cannot be read.
        """
        report = Report()
        for workspace in in_turn(self.workspaces(), now):
            report.workspaces += 1
            with report.containing(workspace):
                for name, planned in self.published(workspace).items():
                    if not is_due(planned.document, planned.metrics, now):
                        continue
                    if not deadline.left_ms(RESERVE_MS):
                        report.unfinished += 1
                        continue
                    with report.containing(f"{workspace}/{name}"):
                        self._judged(workspace, planned, trace_id, now, report)
        return report

    def judge(self, workspace: str, experiment: str, trace_id: str, now: datetime) -> Standing:
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
        return self.switching.carry_on(workspace, standing, trace_id, now)

    def _judged(
        self, workspace: str, planned: Planned, trace_id: str, now: datetime, report: Report
    ) -> None:
        standing = self.looking.look(workspace, planned, now)
        report.looked += 1
        if standing.rollback is not None and not standing.rollback.told:
            self.switching.carry_on(workspace, standing, trace_id, now)
            report.rolled_back += 1


def in_turn(workspaces: Sequence[str], now: datetime) -> Sequence[str]:
    """The workspaces, from another one on every quarter of an hour."""
    if not workspaces:
        return workspaces
    first = int(now.timestamp() // TURN_S) % len(workspaces)
    return (*workspaces[first:], *workspaces[:first])
