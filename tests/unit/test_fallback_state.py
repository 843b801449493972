"""Shared state that may go away."""

from collections.abc import Sequence
from threading import Event

from cairn.platform.errors import CacheUnavailable
from cairn.platform.fallback_state import FallbackState
from cairn.platform.lanes import Lanes
from cairn.platform.shared_state import Add, Answer, Change, Claim, Drop, MemoryState, Put, Read
from tests.fakes.ticks import Ticks

LONG_MS = 60_000


class Flaky:
    """A shared state that can be switched off."""

    def __init__(self) -> None:
        self.state = MemoryState()
        self.away = False

    def apply(self, changes: Sequence[Change]) -> list[Answer]:
        if self.away:
            raise CacheUnavailable("The shared state does not answer.")
        return self.state.apply(changes)


def near(shared: Flaky) -> FallbackState:
    return FallbackState(lambda: shared, MemoryState(), Lanes(2))


def test_two_instances_see_each_other_while_the_shared_state_answers() -> None:
    shared = Flaky()
    one, other = near(shared), near(shared)
    assert one.apply([Add("a", 1, LONG_MS)], 1_000) == [1]
    assert other.apply([Add("a", 1, LONG_MS)], 1_000) == [2]


def test_what_was_seen_holds_on_when_the_shared_state_goes_away() -> None:
    shared = Flaky()
    one, other = near(shared), near(shared)
    one.apply([Add("count", 5, LONG_MS), Put("mark", b"x", LONG_MS)], 1_000)
    other.apply([Add("count", 5, LONG_MS), Claim("flight", b"mine", LONG_MS)], 1_000)
    one.apply([Claim("flight", b"", LONG_MS), Drop("mark")], 1_000)
    shared.away = True
    assert other.apply([Add("count", 1, LONG_MS)], 1_000) == [11]
    assert one.apply([Add("count", 1, LONG_MS), Read("flight")], 1_000) == [6, b"mine"]
    assert one.apply([Read("mark")], 1_000) == [None]


def test_a_shared_state_that_hangs_is_not_waited_for() -> None:
    gate = Event()

    class Hanging:
        def apply(self, changes: Sequence[Change]) -> list[Answer]:
            gate.wait(10)
            return [None] * len(changes)

    state = FallbackState(Hanging, MemoryState(), Lanes(1))
    assert state.apply([Add("a", 3, LONG_MS)], 1) == [3]
    gate.set()


def test_without_a_shared_state_there_is_the_process() -> None:
    state = FallbackState(None, MemoryState(), Lanes(1))
    assert state.apply([Add("a", 3, LONG_MS), Add("a", 1, LONG_MS)], 0) == [3, 4]


def test_a_process_forgets_what_expired() -> None:
    ticks = Ticks()
    state = MemoryState(ticks)
    for index in range(3_000):
        state.apply([Put(f"a{index}", b"x", 1_000)])
        ticks.pass_s(0.01)
    assert len(state._kept) <= 2_000  # noqa: SLF001  # what a process holds is the point
