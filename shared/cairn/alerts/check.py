"""One run over all alerts: evaluate, write the states, then tell what was written.

A rule or a workspace that fails is counted and named; it stops no other. Every run begins with
another workspace. Telling comes last, side by side and under the run's deadline, so that no slow
webhook keeps an alert from being evaluated.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from pydantic import ValidationError

from cairn.alerts.evaluate import Moment, Rule, advance, withdraw
from cairn.alerts.readings import Readings
from cairn.alerts.state import AlertState, Phase
from cairn.alerts.telling import Claim, Tell, Telling, tell_all
from cairn.alerts.undelivered import claimed, given_up, settled
from cairn.metrics.query import Rollups
from cairn.platform.clock import Deadline
from cairn.platform.errors import Conflict
from cairn.platform.rounds import Round, in_turn

RESERVE_MS: Final = 20_000
"""Kept of the deadline for the workspace that is under way, and for telling."""

TURN: Final = timedelta(minutes=1)
"""So long runs begin with the same workspace: as far as they are apart."""

SETTLE_ATTEMPTS: Final = 3

type Rules = Mapping[str, Rule | ValidationError]


class Published(Protocol):
    """Where rules come from."""

    def workspaces(self) -> Sequence[str]:
        """Every workspace."""
        ...

    def rules(self, workspace: str) -> Rules:
        """The rules of a workspace by their id; in the place of an unreadable one, why."""
        ...


class States(Protocol):
    """Where states are kept."""

    def states(self, workspace: str) -> Mapping[str, AlertState]:
        """Every state of a workspace by the alert's id."""
        ...

    def save(self, workspace: str, state: AlertState) -> AlertState:
        """Writes a state over its own version; raises `Conflict` where that is gone."""
        ...


@dataclass(slots=True)
class Report(Round):
    """What a run did.

    Attributes:
        rules: rules that were evaluated.
        firing: alerts that fire now.
        told: notices that channels took.
        untold: notices that they did not take; they are told again.
    """

    rules: int = 0
    firing: int = 0
    told: int = 0
    untold: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """What a run needs.

    Attributes:
        channels: opens the channels; asked only when there is something to tell, since most runs
            tell nothing.
    """

    published: Published
    rollups: Rollups
    states: States
    channels: Callable[[], Tell]
    environment: str

    def run(self, now: datetime, deadline: Deadline) -> Report:
        """Checks every rule of every workspace once, as far as the time suffices.

        Raises:
            StoreUnavailable: the list of workspaces cannot be read.
        """
        report = Report()
        claims: list[Claim] = []
        workspaces = in_turn(self.published.workspaces(), now, TURN)
        for workspace in report.each(workspaces, deadline, RESERVE_MS):
            with report.containing(workspace):
                claims += self._evaluate_all(Moment(workspace, self.environment, now), report)
        report.untold = sum(claim.notices for claim in claims)
        for telling in tell_all(claims, self.channels(), deadline) if claims else ():
            with report.containing(telling.claim.name):
                self._settle(telling, now, report)
        return report

    def _evaluate_all(self, moment: Moment, report: Report) -> list[Claim]:
        rules = self.published.rules(moment.workspace)
        states = self.states.states(moment.workspace)
        readings = Readings(self.rollups, moment.workspace, moment.now)
        claims: list[Claim] = []
        for alert in sorted(rules.keys() | states.keys()):
            report.rules += alert in rules
            name = f"{moment.workspace}/{alert}"
            before = after = states.get(alert, AlertState(alert=alert))
            with report.containing(name):
                after = _next(rules.get(alert), before, readings, moment)
            with report.containing(name):  # what is undelivered is told even so
                claims += self._saved(before, claimed(after, moment.now), moment)
            report.firing += after.phase is Phase.FIRING
        return claims

    def _saved(self, before: AlertState, after: AlertState, moment: Moment) -> list[Claim]:
        if after is before:
            return []
        saved = self.states.save(moment.workspace, after)
        is_ours = after.claimed_until != before.claimed_until
        return [Claim(moment.workspace, saved)] if is_ours else []

    def _settle(self, telling: Telling, now: datetime, report: Report) -> None:
        claim = telling.claim
        report.told += len(telling.told)
        report.untold -= len(telling.told)
        for error in telling.failures:
            report.fail(claim.name, error)
        for notice in given_up(claim.state, telling.told, now):
            report.failures.append(f"{claim.name}: {notice} was given up")
        if not self._settled(telling, now):
            report.failures.append(f"{claim.name}: delivered, but not recorded")

    def _settled(self, telling: Telling, now: datetime) -> bool:
        claim = telling.claim
        state, until = claim.state, claim.state.claimed_until
        for _ in range(SETTLE_ATTEMPTS):
            try:
                self.states.save(claim.workspace, settled(state, until, telling.told, now))
            except Conflict:
                state = self.states.states(claim.workspace)[state.alert]
            else:
                return True
        return False


def _next(
    rule: Rule | ValidationError | None, state: AlertState, readings: Readings, moment: Moment
) -> AlertState:
    if rule is None:
        return withdraw(state, moment)
    if isinstance(rule, ValidationError):
        raise rule
    return advance(rule, state, readings.of(rule.document), moment)
