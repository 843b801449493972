"""Standings of experiments: the table and the fake keep the same promises."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import boto3
import pytest

from cairn.experiments.design import Design
from cairn.experiments.record import ExperimentRecord, point_of
from cairn.experiments.results import (
    Crossovers,
    ExperimentResult,
    Findings,
    Outlook,
    Reason,
    SampleRatio,
    Verdict,
)
from cairn.experiments.store import LOOKS, ExperimentRecordStore
from cairn.platform.dynamo import Dynamo
from cairn.platform.errors import Conflict
from tests.fakes.experiments import MemoryStandings
from tests.functions.cloud import ACCOUNT_VARIABLES, cloud
from tests.judging import CONTROL, EXPERIMENT, NOW, OTHER, STARTED

type Standings = MemoryStandings | ExperimentRecordStore


@pytest.fixture(params=["memory", "table"])
def standings(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Standings]:
    if request.param == "memory":
        yield MemoryStandings()
        return
    for name, value in ACCOUNT_VARIABLES.items():
        monkeypatch.setenv(name, value)
    with cloud() as created:
        yield ExperimentRecordStore(Dynamo(boto3.client("dynamodb")), created.table("experiments"))


def seen(at: datetime = NOW, *, subjects: int = 10, name: str = EXPERIMENT) -> ExperimentRecord:
    """A standing after its first look."""
    exposed = {CONTROL: subjects, OTHER: 0}
    findings = Findings(
        at=at,
        control=CONTROL,
        method="sequential",
        alpha=0.05,
        correction="holm",
        sample_ratio=SampleRatio(
            dimension=None, value=None, exposed=exposed, p=None, deviation=0.5, mismatch=False
        ),
        crossovers=Crossovers(subjects=0, share=0),
        goals=(),
        outlook=Outlook(
            subjects=subjects,
            minimum_effect=0.05,
            minimum_subjects=None,
            power=None,
            detectable_effect=None,
            remaining_days=None,
        ),
        planned_end=False,
    )
    verdict = Verdict(word="keep running", reasons=(Reason(code="peeking", text="Not yet."),))
    result = ExperimentResult(experiment=name, verdict=verdict, findings=findings)
    design = Design(weights={CONTROL: 0.5, OTHER: 0.5}, placing="ab", since=at)
    return ExperimentRecord(experiment=name, design=design, result=result)


def save(standings: Standings, standing: ExperimentRecord) -> ExperimentRecord:
    return standings.save("demo", standing, point_of(standing.result))


def test_nobody_ever_looked(standings: Standings) -> None:
    assert standings.standing("demo", EXPERIMENT) is None
    assert standings.standings("demo", [EXPERIMENT]) == {}
    assert standings.course("demo", EXPERIMENT, STARTED, NOW) == []


def test_a_standing_comes_back_whole_with_its_new_version(standings: Standings) -> None:
    saved = save(standings, seen())
    assert saved == seen().model_copy(update={"version": 1})
    assert standings.standing("demo", EXPERIMENT) == saved
    assert standings.standings("demo", ["none", EXPERIMENT]) == {EXPERIMENT: saved}


def test_an_overtaken_look_is_not_kept_nor_a_point_of_the_course(standings: Standings) -> None:
    first = save(standings, seen())
    save(standings, first)
    for late in (first, seen()):
        with pytest.raises(Conflict):
            save(standings, late)
    assert len(standings.course("demo", EXPERIMENT, NOW, NOW)) == 1


def test_a_young_experiment_tells_every_look_and_an_old_one_the_last_of_each_day(
    standings: Standings,
) -> None:
    standing = seen()
    for hours, subjects in ((0, 1), (1, 2), (24, 3), (25, 4)):
        look = seen(NOW + timedelta(hours=hours), subjects=subjects)
        standing = save(standings, look.model_copy(update={"version": standing.version}))
    now = NOW + timedelta(hours=25)
    young = standings.course("demo", EXPERIMENT, now - LOOKS + timedelta(seconds=1), now)
    old = standings.course("demo", EXPERIMENT, now - LOOKS, now)
    assert [each.subjects for each in young] == [1, 2, 3, 4]
    assert [each.subjects for each in old] == [2, 4]


def test_workspaces_and_experiments_are_walls(standings: Standings) -> None:
    save(standings, seen())
    assert standings.standing("other", EXPERIMENT) is None
    assert standings.course("other", EXPERIMENT, NOW, NOW) == []
    assert standings.course("demo", "another", NOW, NOW) == []
