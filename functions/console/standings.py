"""Experiments with what was last seen of them."""

from collections.abc import Sequence
from datetime import datetime

from cairn.experiments.published_experiments import PublishedExperiment
from cairn.experiments.status import status_of
from cairn.experiments.views import ExperimentRow
from functions.console.wiring import Wiring


def rows(
    wired: Wiring, workspace: str, planned: Sequence[PublishedExperiment], now: datetime
) -> list[ExperimentRow]:
    """Experiments with the verdicts of their last looks, in one trip."""
    standings = wired.standings.standings(workspace, [each.document.id for each in planned])
    return [ExperimentRow.of(each, standings.get(each.document.id), now) for each in planned]


def running(wired: Wiring, workspace: str, now: datetime) -> list[ExperimentRow]:
    """The experiments that take in subjects now."""
    planned = wired.planned.of(workspace).values()
    found = [each for each in planned if status_of(each.document, each.metrics, now) == "running"]
    return rows(wired, workspace, found, now)
