"""How starts are measured and judged; nothing is started here."""

from collections.abc import Sequence

import pytest

from infra.bench.imports import (
    WITH_CACHE,
    WITH_STATISTICS,
    Subject,
    fresh,
    measure,
    report,
    subjects,
)
from infra.catalog import FUNCTIONS
from infra.proof import Unmeasurable

STARTED = [Subject("floor", ("floor",)), Subject("flag-eval", ("flag",))]


def test_the_floor_and_all_functions_take_turns_after_a_round_that_only_warms_up() -> None:
    starts: list[str] = []

    def start(modules: Sequence[str]) -> float:
        starts.append(modules[0])
        return float(len(starts))

    assert list(measure(2, start, STARTED)) == [
        {"floor": 3.0, "flag-eval": 4.0},
        {"floor": 5.0, "flag-eval": 6.0},
    ]
    assert starts == ["floor", "flag"] * 3


def test_a_ratio_is_the_median_of_ratios_within_a_round() -> None:
    rounds = [
        {"floor": 100.0, "flag-eval": 110.0},
        {"floor": 300.0, "flag-eval": 330.0},
        {"floor": 100.0, "flag-eval": 190.0},
    ]
    (target,) = report(rounds).targets
    assert (target.name, target.value, target.ok) == ("flag-eval", 1.1, True)


def test_decide_next_step_may_weigh_more_and_console_is_told_without_a_target() -> None:
    names = ("flag-eval", "decide-next-step", "console")
    found = report([{"floor": 100.0, **dict.fromkeys(names, 140.0)}])
    assert {each.name: each.ok for each in found.targets} == {
        "flag-eval": False,
        "decide-next-step": True,
    }
    assert found.details["without_target"] == {"console": 1.4}


def test_every_function_of_the_catalog_is_started_beside_the_floor() -> None:
    names = [each.name for each in subjects()]
    assert names == ["floor", *(each.name for each in FUNCTIONS), WITH_CACHE, WITH_STATISTICS]


def test_what_does_not_start_cannot_be_measured() -> None:
    with pytest.raises(Unmeasurable, match="no_such_module does not start"):
        fresh(["no_such_module"])
