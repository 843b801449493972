"""How `cairn bench stats` judges, and a small run of it: statistics keep what they promise."""

import math
from dataclasses import replace

import pytest

from infra.bench.stats.measures import ALPHA, Peeks, Powered
from infra.bench.stats.peer import LIFT_INTERVAL, MEANT, RATIO_ADJUSTED
from infra.bench.stats.report import (
    ADJUSTED,
    PLANTED,
    WORLDS,
    Measured,
    measured,
    report,
)

EXPERIMENTS = 200

GOOD = Measured(
    experiments=10_000,
    covered={"mean": 0.951},
    reduced={"mean": 0.5, "ratio": 0.26},
    peeked={"proportion": Peeks(0.02, 0.24, {5_000: 1.55})},
    powers={
        "fixed, proportion": Powered(30_000, 0.8, 0.801),
        "sequential, proportion": Powered(60_000, 0.8, 0.801),
    },
    false_alarms=10,
    planted=9_900,
    segment_alarms=10,
    holm=0.04,
    hochberg=0.04,
    peer={"p": 1e-12, LIFT_INTERVAL: 1e-4, RATIO_ADJUSTED: 1e-4},
)


def test_each_target_is_missed_by_its_own_value() -> None:
    bad = [
        replace(GOOD, covered={"mean": 0.935}),
        replace(GOOD, covered={"mean": 0.965}),
        replace(GOOD, reduced={**GOOD.reduced, "mean": 0.4}),
        replace(GOOD, reduced={**GOOD.reduced, "ratio": 0.4}),
        replace(GOOD, peeked={"proportion": Peeks(0.06, 0.24, {5_000: 1.55})}),
        replace(GOOD, peeked={"proportion": Peeks(0.02, 0.24, {5_000: 1.75})}),
        replace(GOOD, powers={**GOOD.powers, "fixed, proportion": Powered(30_000, 0.8, 0.77)}),
        replace(GOOD, false_alarms=20),
        replace(GOOD, segment_alarms=20),
        replace(GOOD, planted=9_000),
        replace(GOOD, holm=0.06),
        replace(GOOD, hochberg=0.06),
        replace(GOOD, peer={**GOOD.peer, "p": 1e-6}),
        replace(GOOD, peer={**GOOD.peer, LIFT_INTERVAL: 0.02}),
        replace(GOOD, peer={**GOOD.peer, RATIO_ADJUSTED: 0.02}),
    ]
    assert report(GOOD).ok
    for each in bad:
        assert sum(not target.ok for target in report(each).targets) == 1


@pytest.fixture(scope="module")
def found() -> Measured:
    return measured(EXPERIMENTS, 3, lambda _: None)


def off_by_chance(chance: float) -> float:
    """Four standard errors of a share."""
    return 4 * math.sqrt(chance * (1 - chance) / EXPERIMENTS)


@pytest.mark.parametrize("world", WORLDS)
def test_fixed_intervals_hold_the_truth_as_often_as_they_say(found: Measured, world: str) -> None:
    assert found.covered[world] == pytest.approx(1 - ALPHA, abs=off_by_chance(ALPHA))


@pytest.mark.parametrize("metric", ADJUSTED)
def test_the_past_takes_as_much_of_the_variance_as_it_tells(found: Measured, metric: str) -> None:
    assert found.reduced[metric] == pytest.approx(ADJUSTED[metric].told, abs=0.01)


def test_looking_twenty_times_finds_nothing_where_there_is_nothing(found: Measured) -> None:
    for looked in found.peeked.values():
        assert looked.sequential <= ALPHA
        assert looked.fixed > 2 * ALPHA


def test_what_is_planned_for_is_found_as_often_as_computed(found: Measured) -> None:
    for plan in found.powers.values():
        assert plan.found == pytest.approx(plan.computed, abs=off_by_chance(0.8))


def test_sample_ratios_ring_where_subjects_are_lost_only(found: Measured) -> None:
    assert sum(PLANTED) == pytest.approx(1)
    assert found.false_alarms <= 3
    assert found.segment_alarms <= 3
    assert found.planted > 0.95 * EXPERIMENTS


def test_many_questions_find_nothing_by_chance(found: Measured) -> None:
    assert found.holm <= ALPHA + off_by_chance(ALPHA)
    assert found.hochberg <= ALPHA + off_by_chance(ALPHA)


def test_gbstats_says_the_same_of_the_same_sums(found: Measured) -> None:
    assert max(found.peer[name] for name in MEANT) < 0.01
    assert max(far for name, far in found.peer.items() if name not in MEANT) < 1e-8
