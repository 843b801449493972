"""Calls beside the caller: handed on, left behind, never made after their time."""

import gc
from threading import Event, Thread, current_thread
from threading import enumerate as enumerate_threads

import pytest

from cairn.platform.errors import CacheUnavailable, StoreUnavailable
from cairn.platform.lanes import Lanes


def test_a_call_answers() -> None:
    assert Lanes(1).within(1_000, lambda: "here") == "here"


def test_a_call_runs_beside_the_caller() -> None:
    assert Lanes(1).start(current_thread).result() is not current_thread()


def test_an_answer_can_be_taken_twice() -> None:
    running = Lanes(1).start(lambda: 7)
    assert [running.result(), running.result(0)] == [7, 7]


def test_what_a_call_raises_is_handed_on() -> None:
    def fail() -> None:
        raise StoreUnavailable("Down.")

    with pytest.raises(StoreUnavailable, match="Down"):
        Lanes(1).within(1_000, fail)


@pytest.mark.parametrize("ms", [5, 0, -1])
def test_a_call_that_is_late_is_left_behind(ms: float) -> None:
    gate = Event()
    with pytest.raises(CacheUnavailable, match="in time"):
        Lanes(1).within(ms, lambda: gate.wait(10), late=CacheUnavailable)
    gate.set()


def test_a_call_that_found_no_thread_in_time_is_never_made() -> None:
    lanes, gate, made = Lanes(1), Event(), list[str]()
    hanging = lanes.start(lambda: gate.wait(10))
    with pytest.raises(StoreUnavailable):
        lanes.within(5, lambda: made.append("late"))
    gate.set()
    assert hanging.result()
    lanes.start(lambda: made.append("next")).result()
    assert made == ["next"]


def test_calls_wait_where_all_threads_hang() -> None:
    lanes, gate = Lanes(2), Event()
    hanging = [lanes.start(lambda: gate.wait(10)) for _ in range(2)]
    third = lanes.start(lambda: "third")
    with pytest.raises(TimeoutError):
        third.result(0.005)
    gate.set()
    assert third.result() == "third"
    assert all(each.result() for each in hanging)


def test_threads_end_with_their_lanes() -> None:
    before = set(enumerate_threads())
    lanes = Lanes(3)
    gate = Event()
    running = [lanes.start(lambda: gate.wait(10)) for _ in range(3)]
    mine = [each for each in enumerate_threads() if each not in before]
    assert len(mine) == 3
    gate.set()
    assert all(each.result() for each in running)
    del lanes
    gc.collect()
    for each in mine:
        each.join(10)
        assert not each.is_alive()


def test_lanes_outlive_a_thread_that_cannot_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: Thread) -> None:  # noqa: ARG001  # as `Thread.start`
        raise RuntimeError("can't start new thread")

    lanes = Lanes(1)
    with monkeypatch.context() as patch:
        patch.setattr(Thread, "start", refuse)
        with pytest.raises(StoreUnavailable):
            lanes.within(5, lambda: None)
    assert lanes.within(1_000, lambda: "here") == "here"
