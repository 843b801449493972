"""Rounds over all workspaces: in turn, as long as there is time, and no failure spreads."""

from datetime import UTC, datetime, timedelta

from cairn.platform.clock import Deadline
from cairn.platform.errors import Conflict, NotFound
from cairn.platform.rounds import Round, in_turn
from tests.fakes.ticks import Ticks

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
NAMES = ["a", "b", "c"]


def test_every_period_begins_with_another_workspace() -> None:
    turns = [in_turn(NAMES, NOW + number * QUARTER, QUARTER) for number in range(3)]
    assert {each[0] for each in turns} == set(NAMES)
    assert all(sorted(each) == NAMES for each in turns)
    assert in_turn([], NOW, QUARTER) == []


def test_within_a_period_it_is_the_same_one() -> None:
    late = NOW + QUARTER - timedelta(seconds=1)
    assert in_turn(NAMES, late, QUARTER) == in_turn(NAMES, NOW, QUARTER)


def test_turns_end_where_only_the_reserve_is_left() -> None:
    ticks, done = Ticks(), Round()
    deadline, had = Deadline.within(10_000, ticks), list[str]()
    for name in done.each(NAMES, deadline, reserve_ms=4_000):
        had.append(name)
        ticks.now_s += 3
    assert had == ["a", "b"]
    assert (done.turns, done.unfinished) == (2, 1)


def test_what_fails_is_named_with_its_code_and_stops_no_other() -> None:
    done, had = Round(), list[str]()
    raised = {"a": NotFound("Gone.", code="flag.not_found"), "b": KeyError("x")}
    for name in done.each(NAMES, Deadline.within(10_000), reserve_ms=0):
        with done.containing(name):
            had.append(name)
            if name in raised:
                raise raised[name]
    assert had == NAMES
    assert done.failures == ["a: flag.not_found", "b: KeyError"]
    assert done.errors == list(raised.values())


def test_a_conflict_means_that_another_round_does_the_same() -> None:
    done = Round()
    for name in done.each(NAMES, Deadline.within(10_000), reserve_ms=0):
        with done.containing(name):
            raise Conflict("Somebody else was first.", code="store_conflict")
    assert (done.turns, done.failures) == (3, [])
