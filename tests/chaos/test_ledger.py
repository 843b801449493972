"""Law 5 under every fault: what `cairn chaos ledger` proves, and that it can fail."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from cairn.experiments.participant import Participant
from cairn.experiments.store import ArmsStore
from cairn.metrics.model import FOLD_VERSION
from cairn.metrics.owners import Draft
from infra.chaos.faults import ORDINARY, Rates
from infra.chaos.ledger import Play, play
from infra.chaos.scene import Scene
from infra.chaos.visits import EXPERIMENT
from infra.config import LOCAL
from infra.inprocess.account import ARCHIVE
from infra.inprocess.callers import WORKSPACE
from infra.proof import Report
from infra.rebuild.archive import Days
from infra.rebuild.place import Stores, rebuild_of
from infra.stores import Table

EVENTS, FEW = 20_000, 1_500
CALM = Rates(
    batch_twice=0,
    answer_lost=0,
    queue_refuses=0,
    crash=0,
    slow=0,
    stalled=0,
    throttled=0,
    storm=0,
)
DAYS = Days(date(2026, 11, 19), date(2026, 11, 20))


@pytest.fixture(scope="module")
def whole() -> Play:
    return play(None, EVENTS, seed=1)


@pytest.fixture(scope="module")
def played(whole: Play) -> Scene:
    return whole.perform()


def missed(report: Report) -> Mapping[str, float]:
    return {each.name: each.value for each in report.targets if not each.ok}


def test_every_total_is_the_truth_and_every_fault_happened(whole: Play, played: Scene) -> None:
    report = whole.compared(played)
    assert missed(report) == {}
    assert sum(name.startswith("fault: ") for name in (each.name for each in report.targets)) > 20


def test_the_archive_folded_anew_says_the_same_and_a_second_time_adds_nothing(
    played: Scene,
) -> None:
    account = played.account
    stores = Stores(LOCAL, account.dynamo, account.buckets.client(), ARCHIVE, played.shards)
    for counted in (True, False):
        rebuild = rebuild_of(stores, WORKSPACE, FOLD_VERSION + 1, account.clock)
        report = rebuild.carry_out(DAYS, lambda _: None)
        assert missed(report) == {}, report.details["differences"]
        assert bool(report.details["events_counted_now"]) is counted
        assert arms(played, FOLD_VERSION + 1) == arms(played, FOLD_VERSION)
        assert {"all", "flow.shop", "latency", "models", "month"} <= set(rebuild_groups(report))


def arms(played: Scene, version: int) -> Mapping[str, int]:
    metrics = LOCAL.named(Table.METRICS)
    store = ArmsStore(played.account.dynamo, metrics, played.shards, version)
    found = store.counters(WORKSPACE, EXPERIMENT)
    assert found["crossed"] > 0
    return found


def rebuild_groups(report: Report) -> list[str]:
    groups = report.details["groups"]
    assert isinstance(groups, list)
    return groups


def test_the_same_seed_plays_the_same_scenes_and_another_seed_others() -> None:
    one, again, other = (play(None, FEW, seed).carry_out().details["faults"] for seed in (5, 5, 6))
    assert one == again
    assert one != other


def test_a_play_without_faults_proves_nothing() -> None:
    calm = replace(play(None, FEW, seed=1), rates=CALM).carry_out()
    wrong = missed(calm)
    assert calm.exit == 1
    assert wrong
    assert all(name.startswith("fault: ") for name in wrong)


def test_arms_that_lose_what_a_session_did_before_its_subject_showed_are_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Participant, "with_all_of", lambda self, _other: self)
    wrong = missed(play(None, FEW, seed=1).carry_out())
    assert wrong["arms: counters that differ"] > 0


def test_a_fold_that_forgets_what_it_saw_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Draft, "knows", lambda _self, _digest: False)
    unsure = replace(ORDINARY, answer_lost=0.5)
    wrong = missed(replace(play(None, FEW, seed=1), rates=unsure).carry_out())
    assert wrong["events doubled"] > 0
    assert "page views" in wrong
