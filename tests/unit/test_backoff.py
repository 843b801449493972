"""Attempts that meet others: how long they pause, and when they end."""

from random import Random

import pytest

from cairn.platform.backoff import Backoff
from cairn.platform.clock import Deadline
from tests.fakes.ticks import Ticks


def pauses(draws: list[float], within_ms: float, reserve_ms: float = 0) -> list[float]:
    """The pauses between attempts that all fail, in milliseconds."""
    ticks, slept = Ticks(), list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds * 1000)
        ticks.pass_s(seconds)

    left = iter(draws)
    backoff = Backoff(Deadline.within(within_ms, ticks), lambda: next(left), sleep)
    numbers = list(backoff.attempts(reserve_ms))
    assert numbers == list(range(len(slept) + 1))
    return slept


def test_pauses_double_until_they_are_long_enough() -> None:
    found = pauses([0.5] * 10, within_ms=1_700)
    assert found == pytest.approx([12.5, 25, 50, 100, 200, 400, 400, 400])


def test_pauses_are_drawn_so_that_those_who_met_do_not_meet_again() -> None:
    one, other = (Random(seed) for seed in (1, 2))  # noqa: S311  # no secret
    first = pauses([one.random() for _ in range(40)], within_ms=5_000)
    second = pauses([other.random() for _ in range(40)], within_ms=5_000)
    assert all(a != b for a, b in zip(first, second, strict=False))


def test_no_pause_leaves_less_than_the_reserve() -> None:
    assert sum(pauses([0.99] * 40, within_ms=2_000, reserve_ms=500)) < 1_500


def test_there_is_one_attempt_even_where_no_time_is_left() -> None:
    assert pauses([0.5], within_ms=0) == []
