"""`cairn bench flags`: what it compares and what it reports."""

from collections.abc import Callable
from itertools import count

import pytest

from infra.bench.flags.definitions import names, ruleset, subjects
from infra.bench.flags.report import report, spread
from infra.bench.flags.sides import FLAGD, GROWTHBOOK, OURS, Race, agree, flagd, growthbook, ours
from infra.proof import Unmeasurable

CONTEXTS = subjects(6)


def seconds() -> Callable[[], float]:
    """A clock that goes on by a second each time that it is looked at."""
    ticks = count()
    return lambda: float(next(ticks))


def test_all_sides_do_the_same_work() -> None:
    rules = ruleset(2)
    sides = {
        OURS: ours(rules, CONTEXTS),
        GROWTHBOOK: growthbook(rules, CONTEXTS),
        FLAGD: flagd(2, CONTEXTS),
    }
    agree(sides, names(2))
    values = [side(names(1))[0] for side in sides[OURS]]
    assert values.count("Hey!") == 3, "every other subject meets the first rule"
    sides[FLAGD] = sides[FLAGD][::-1]
    with pytest.raises(Unmeasurable):
        agree(sides, names(2))


def test_a_round_times_every_side_once_for_each_subject() -> None:
    sides = {OURS: ours(ruleset(3), CONTEXTS)}
    race = Race(sides, names(3), seconds())
    assert race.round() == {OURS: pytest.approx(1e6 / len(CONTEXTS))}


def test_ratios_are_of_one_round_and_targets_are_their_medians() -> None:
    single = [{OURS: 1.0, GROWTHBOOK: 10.0, FLAGD: 20.0}, {OURS: 3.0, GROWTHBOOK: 6.0, FLAGD: 60.0}]
    bulk = [{OURS: 9.0, GROWTHBOOK: 10.0, FLAGD: 10.0}] * 2
    sized = [{"10": 2.0, "100": 2.0, "1000": 2.2}] * 2
    found = report(single, bulk, sized, {"one flag": [0.3, 0.5]})
    assert [(each.name, each.value, each.ok) for each in found.targets] == [
        ("vs growthbook, one flag", 0.3, True),
        ("vs flagd-core, one flag", 0.05, True),
        ("vs growthbook, bulk of 100", 0.9, False),
        ("vs flagd-core, bulk of 100", 0.9, False),
        ("one of 1000 flags vs one of 10", 1.1, True),
    ]
    assert not found.ok
    assert found.details["request_cpu_ms"] == {"one flag": spread([0.3, 0.5])}


def test_a_spread_leaves_out_the_outermost_tenths() -> None:
    assert spread([float(number) for number in range(11)]) == {
        "median": 5.0,
        "p10": 1.0,
        "p90": 9.0,
    }
