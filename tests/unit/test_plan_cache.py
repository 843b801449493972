"""The plan cache: two levels, one trip, and a key that holds nothing personal."""

from dataclasses import replace
from typing import Final

import pytest

from cairn.decisions.finding import Finding, Layer, Pass, Reason
from cairn.decisions.limits import PLAN_S, PLANS_IN_PROCESS, PLANS_WAITING
from cairn.decisions.plan_cache import PlanCache
from cairn.decisions.surfaces.form.compiled import Flow
from cairn.decisions.surfaces.form.model import Case, Shown
from cairn.decisions.surfaces.form.surface import FORM
from cairn.platform.cache import Cache
from cairn.platform.clock import Deadline
from cairn.platform.lanes import Lanes
from infra.inprocess.cache import MemoryCache
from tests.fakes.cache import DeadCache, HangingCache
from tests.flows import case, field, flow, rule, step

TEST: Final = flow(
    step("one", field("age", "number"), field("mail", personal=True)),
    rules=[rule("r", "one", {"answers.age": {"$gt": 1}})],
)
LANES: Final = Lanes(2)


class Time:
    """Seconds that pass only when told."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def time() -> Time:
    return Time()


def cached(cache: Cache, time: Time) -> PlanCache[Flow, Case, Shown]:
    return PlanCache(FORM, Finding[Shown], cache, LANES, time)


def look(
    plans: PlanCache[Flow, Case, Shown], asked: Case, deadline: Deadline
) -> Finding[Shown] | Pass:
    return plans.look([plans.key(asked)], deadline)


def soon() -> Deadline:
    return Deadline.within(5_000)


def here(age: int) -> Case:
    return case(TEST, answers={"age": age})


def finding(step_id: str = "one") -> Finding[Shown]:
    choice = Shown(step_id=step_id, field_ids=())
    return Finding(choice=choice, confidence=0.8, reasons=(Reason(code="c", text="t"),))


def of(layer: Layer) -> Finding[Shown]:
    """The finding as a cache gives it."""
    return finding().model_copy(update={"layer": layer})


def test_what_is_not_known_is_a_miss(time: Time) -> None:
    assert look(cached(MemoryCache(), time), here(1), soon()) == Pass("miss")


def test_a_remembered_finding_needs_no_trip(time: Time) -> None:
    shared = MemoryCache()
    plans = cached(shared, time)
    plans.remember(plans.key(here(1)), finding())
    assert look(plans, here(1), soon()) == of("L1")
    assert shared.trips == 0


def test_a_fresh_finding_rides_along_with_the_next_trip(time: Time) -> None:
    shared = MemoryCache()
    plans = cached(shared, time)
    plans.remember(plans.key(here(1)), finding())
    look(plans, here(2), soon())
    assert shared.trips == 1
    assert look(cached(shared, time), here(1), soon()) == of("L2")
    look(plans, here(3), soon())
    assert len(shared.kept) == 1


def test_a_finding_of_the_shared_cache_is_kept_in_the_process(time: Time) -> None:
    shared = MemoryCache()
    first, second = cached(shared, time), cached(shared, time)
    first.remember(first.key(here(1)), finding())
    look(first, here(2), soon())
    found = [look(second, here(1), soon()) for _ in range(2)]
    assert found == [of("L2"), of("L1")]
    assert shared.trips == 2


def test_a_finding_in_the_process_ends(time: Time) -> None:
    plans = cached(MemoryCache(), time)
    plans.remember(plans.key(here(1)), finding())
    look(plans, here(2), soon())
    time.now_s += PLAN_S
    shared_only = look(plans, here(1), soon())
    assert shared_only == of("L2")


def test_both_memories_are_bounded(time: Time) -> None:
    shared = MemoryCache()
    plans = cached(shared, time)
    for age in range(PLANS_IN_PROCESS + 1):
        plans.remember(plans.key(here(age)), finding())
    assert look(plans, here(0), soon()) == Pass("miss")
    assert len(shared.kept) == PLANS_WAITING


def test_a_dead_cache_is_passed_and_said(time: Time) -> None:
    outcome = look(cached(DeadCache(), time), here(1), soon())
    assert isinstance(outcome, Pass)
    assert outcome.degraded is not None
    assert (outcome.code, outcome.degraded.code) == ("cache_unavailable", "cache_unavailable")


def test_a_cache_that_hangs_is_left_behind_before_the_deadline(time: Time) -> None:
    hanging = HangingCache()
    outcome = look(cached(hanging, time), here(1), Deadline.within(30))
    hanging.gate.set()
    assert isinstance(outcome, Pass)
    assert outcome.code == "cache_unavailable"


def test_what_cannot_be_read_is_a_miss(time: Time) -> None:
    shared = MemoryCache()
    plans = cached(shared, time)
    shared.kept[plans.key(here(1))] = b'{"choice": 1}'
    assert look(plans, here(1), soon()) == Pass("miss")


def test_keys_begin_with_the_workspace_and_hold_no_values(time: Time) -> None:
    plans = cached(MemoryCache(), time)
    key = plans.key(case(TEST, answers={"mail": "ada@example.com"}))
    assert key.startswith("demo:plan:")
    assert len(key) == len("demo:plan:") + 32
    assert key == plans.key(case(TEST, answers={"mail": "bob@example.com"}))


def test_another_version_of_the_flow_has_other_keys(time: Time) -> None:
    plans = cached(MemoryCache(), time)
    first = here(1)
    second = replace(first, flow=replace(first.flow, digest="e" * 64))
    assert plans.key(first) != plans.key(second)
