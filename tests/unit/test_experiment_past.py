"""A metric of which nothing is known from before: nobody did it, or nobody followed it."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from cairn.configuration.model import Document, Kind, Release, Snapshot, address, digest_of
from cairn.configuration.snapshots import Snapshots
from cairn.experiments.analysis_run import AnalysisRun
from cairn.experiments.past import PERIOD_BEFORE
from cairn.experiments.published_experiments import PublishedExperiments
from cairn.platform.clock import epoch_ms
from functions.analyze.statistics import analysed
from tests.fakes.experiments import FixedCounts, MemoryStandings, NoHistory
from tests.judging import EXPERIMENT, NOW, QUIET, STARTED, documents

WORKSPACE = "demo"
SECOND = timedelta(seconds=1)
LONG_AGO = STARTED - PERIOD_BEFORE


@dataclass(frozen=True, slots=True)
class Published:
    """One release; its metrics and all else were published at two instants, if that is known."""

    metrics: datetime | None
    others: datetime | None

    def release(self, workspace: str) -> Release:
        return Release(workspace=workspace, version=1)

    def snapshot(self, release: Release, former: Snapshot | None) -> Snapshot:  # noqa: ARG002  # there is none
        made = {}
        for (kind, name), body in documents().items():
            at = self.metrics if kind is Kind.METRIC else self.others
            at_ms = None if at is None else epoch_ms(at)
            text = json.dumps(body)
            made[address(kind, name)] = Document(kind, name, 1, text, digest_of(text), at_ms)
        return Snapshot(release.workspace, release.version, made)


def told(published: Published) -> dict[str, str]:
    """What a look says of the past, of a goal and a guardrail alike."""
    planned = PublishedExperiments(Snapshots(published)).of(WORKSPACE)[EXPERIMENT]
    looking = AnalysisRun(FixedCounts(QUIET), MemoryStandings(), analysed, NoHistory())
    found = looking.look(WORKSPACE, planned, NOW).result.findings
    goal, guardrail = (
        {each.code: each.text for each in result.notes if each.code.startswith("cuped")}
        for result in (found.goals[0], found.guardrails[0])
    )
    assert goal == guardrail
    return goal


@pytest.mark.parametrize("at", [None, LONG_AGO, LONG_AGO - SECOND])
def test_what_was_followed_all_along_did_not_happen(at: datetime | None) -> None:
    assert list(told(Published(at, at))) == ["cuped_no_past"]


@pytest.mark.parametrize(
    ("metrics", "others"),
    [(STARTED, None), (LONG_AGO, STARTED), (STARTED, LONG_AGO), (None, STARTED)],
)
def test_what_was_followed_only_later_says_since_when_and_what_helps(
    metrics: datetime | None, others: datetime | None
) -> None:
    (code, text), *more = told(Published(metrics, others)).items()
    assert (code, more) == ("cuped_not_followed", [])
    assert "followed since 2026-11-10T00:00:00.000Z" in text
    assert "`cairn backfill headline`" in text


def test_a_second_of_the_time_before_that_nobody_followed_is_enough() -> None:
    later = LONG_AGO + SECOND
    assert list(told(Published(later, later))) == ["cuped_not_followed"]
