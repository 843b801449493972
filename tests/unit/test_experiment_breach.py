"""When a flag is switched back by itself, and that this happens exactly once."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import count
from math import log
from random import Random
from typing import Final

import pytest

from cairn.configuration.model import Actor, Kind, Publication, address, digest_of
from cairn.configuration.publish import next_release
from cairn.configuration.snapshots import Snapshots
from cairn.configuration.store import ConfigurationStore
from cairn.experiments.analysis_run import AnalysisRun
from cairn.experiments.breach import EVIDENCE, evidence
from cairn.experiments.published_experiments import PublishedExperiments
from cairn.experiments.record import ExperimentRecord
from cairn.experiments.rollback_execution import RollbackExecution
from cairn.experiments.scheduled_run import Report, ScheduledRun
from cairn.experiments.store import ExperimentRecordStore
from cairn.platform.clock import Deadline
from cairn.platform.dynamo import Dynamo
from functions.analyze.statistics import analysed
from infra.inprocess.tables import MemoryTables
from tests.fakes.experiments import FixedCounts
from tests.judging import CONTROL, EXPERIMENT, HARMFUL, NOW, OTHER, Json, documents

WORKSPACE: Final = "demo"
CHI2_AT_ONE_IN_1000: Final = 10.83
"""Of one degree of freedom."""

EVEN: Final = {CONTROL: 0.5, OTHER: 0.5}
TRACE: Final = "0af7651916cd43dd8448eb211c80319c"


class Crash(BaseException):
    """The process is gone."""


class Fuse:
    """A wire that ends the process at one of its calls: before it, or after it was carried out."""

    def __init__(self) -> None:
        self.left = -1

    def sent(self, _call: str) -> None:
        self._burn()

    def prepared(self, _call: str) -> None:
        """Nothing happens here."""

    def answered(self, _call: str) -> None:
        self._burn()

    def _burn(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Crash


class Ears:
    """Hears of rollbacks."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def tell(self, workspace: str, standing: ExperimentRecord) -> None:
        """Hears of one."""
        assert standing.rollback is not None
        assert standing.rollback.release is not None
        self.heard.append(f"{workspace}/{standing.rollback.id}")


class House:
    """Tables that outlive the processes over them."""

    def __init__(self) -> None:
        self.fuse = Fuse()
        self.ears = Ears()
        self._dynamo = Dynamo(MemoryTables(self.fuse).client())
        self.configuration = ConfigurationStore(self._dynamo, "config")
        self.standings = ExperimentRecordStore(self._dynamo, "experiments")
        self.publish(documents())

    def publish(self, written: Mapping[tuple[Kind, str], Json]) -> None:
        """Makes documents the whole configuration."""
        bodies = {address(*name): json.dumps(body) for name, body in written.items()}
        release, changes = next_release(self.configuration.release(WORKSPACE), bodies, NOW)
        publication = Publication(
            release=release.version,
            at=NOW,
            by=Actor(via="apply", id="tests"),
            did="apply",
            changes=tuple(changes),
        )
        contents = {digest_of(body): body for body in bodies.values()}
        self.configuration.publish(release, contents, publication)

    def looking(self, counters: Mapping[str, int]) -> AnalysisRun:
        return AnalysisRun(FixedCounts(counters), self.standings, analysed, self.configuration)

    def switching(self) -> RollbackExecution:
        observe = Snapshots(self.configuration).observe
        return RollbackExecution(self.configuration, observe, self.standings, lambda: self.ears)

    def tick(self, now: datetime) -> Report:
        """A run by a process of its own, over counts that tell of harm."""
        judging = ScheduledRun(
            workspaces=self.configuration.workspaces,
            published=PublishedExperiments(Snapshots(self.configuration)).of,
            looking=self.looking(HARMFUL),
            switching=self.switching(),
        )
        return judging.run(TRACE, now, Deadline.within(60_000))

    def rollbacks(self, kind: Kind, name: str) -> list[Publication]:
        """The publications by which a document was rolled back."""
        found = self.configuration.history(WORKSPACE, address(kind, name), None, 20)
        return [each.publication for each in found.changes if each.publication.did == "rollback"]


def test_wherever_a_process_ends_a_flag_is_rolled_back_once_and_told_under_one_id() -> None:
    crashes = 0
    for place in count(1):
        house = House()
        house.fuse.left = place
        try:
            house.tick(NOW)
        except Crash:
            crashes += 1
            house.fuse.left = -1
            assert house.tick(NOW + timedelta(minutes=15)).failures == []
        else:
            break
        standing = house.standings.standing(WORKSPACE, EXPERIMENT)
        assert standing is not None
        assert standing.rollback is not None
        assert standing.rollback.told
        assert len(house.rollbacks(Kind.FLAG, "headline-text")) == 1
        assert len(house.rollbacks(Kind.EXPERIMENT, EXPERIMENT)) == 1
        assert set(house.ears.heard) == {f"{WORKSPACE}/{standing.rollback.id}"}
        assert house.tick(NOW + timedelta(minutes=30)).rolled_back == 0
    assert crashes > 20


def test_a_flag_that_is_gone_needs_no_switching_back() -> None:
    house = House()
    planned = PublishedExperiments(Snapshots(house.configuration)).of(WORKSPACE)[EXPERIMENT]
    standing = house.looking(HARMFUL).look(WORKSPACE, planned, NOW)
    house.publish({})
    done = house.switching().carry_on(WORKSPACE, standing, TRACE, NOW, Deadline.within(5_000))
    assert done.rollback is not None
    assert (done.rollback.told, done.rollback.release) == (True, 2)
    assert house.rollbacks(Kind.FLAG, "headline-text") == []


def test_a_flag_that_another_version_wrote_is_a_failure_and_stays_to_be_done() -> None:
    house = House()
    planned = PublishedExperiments(Snapshots(house.configuration)).of(WORKSPACE)[EXPERIMENT]
    house.looking(HARMFUL).look(WORKSPACE, planned, NOW)
    unknown = {**documents(), (Kind.FLAG, "headline-text"): {"kind": "flag", "new": True}}
    house.publish(unknown)
    assert house.tick(NOW).failures == ["demo/headline: flag.unreadable"]
    house.publish(documents())
    assert house.tick(NOW).rolled_back == 1


def test_a_sound_split_is_hardly_ever_taken_for_a_lopsided_one_however_often_one_looks() -> None:
    rng = Random(7)  # noqa: S311  # draws, not secrets
    alarms = naive = 0
    for _ in range(2_000):
        exposed = {CONTROL: 0, OTHER: 0}
        looks = []
        for _ in range(50):
            here = rng.binomialvariate(100, 0.5)
            exposed = {CONTROL: exposed[CONTROL] + here, OTHER: exposed[OTHER] + 100 - here}
            looks.append((evidence(exposed, EVEN), chi2(exposed)))
        alarms += max(odds for odds, _ in looks) >= log(EVIDENCE)
        naive += max(statistic for _, statistic in looks) >= CHI2_AT_ONE_IN_1000
    assert alarms <= 4
    assert naive > 10


def test_a_planted_mismatch_is_found() -> None:
    assert evidence({CONTROL: 5_000, OTHER: 4_500}, EVEN) > log(EVIDENCE)
    assert evidence({CONTROL: 5_000, OTHER: 4_950}, EVEN) < log(EVIDENCE)


def test_arms_without_weight_are_no_evidence() -> None:
    assert evidence({CONTROL: 100, OTHER: 100, "new": 90}, {**EVEN, "new": 0}) == evidence(
        {CONTROL: 100, OTHER: 100}, EVEN
    )


def test_without_subjects_there_is_no_evidence() -> None:
    assert evidence({}, EVEN) == pytest.approx(0)


def chi2(exposed: Mapping[str, int]) -> float:
    """Pearson's statistic of an even split."""
    half = sum(exposed.values()) / 2
    return sum((each - half) ** 2 / half for each in exposed.values())
