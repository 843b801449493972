"""What every shared state keeps to: the one in the process, and a real Valkey."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cairn.platform.errors import CacheUnavailable
from cairn.platform.shared_state import (
    Add,
    Change,
    Claim,
    Drop,
    MemoryState,
    Put,
    Read,
    SharedState,
    number,
)
from cairn.platform.valkey_state import ValkeyState
from infra.local import ports, valkey
from infra.local.supervise import start

LONG_MS = 60_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("valkey")
    port = ports.free_port()
    with start("Valkey", valkey.command(port, folder), log=folder / "valkey.log") as child:
        while not valkey.is_ready(port):
            child.check()
        yield ports.url(port, "redis")


@pytest.fixture(params=["memory", pytest.param("valkey", marks=pytest.mark.local)])
def state(request: pytest.FixtureRequest) -> SharedState:
    if request.param == "memory":
        return MemoryState()
    return ValkeyState(request.getfixturevalue("server"))


@pytest.fixture
def key(request: pytest.FixtureRequest) -> Callable[[str], str]:
    return lambda name: f"{{demo}}:{request.node.name}:{name}"


def test_counters_add_up_and_are_read_as_digits(
    state: SharedState, key: Callable[[str], str]
) -> None:
    assert state.apply([Add(key("a"), 2, LONG_MS), Add(key("a"), 40, LONG_MS)]) == [2, 42]
    assert state.apply([Read(key("a")), Read(key("b"))]) == [b"42", None]


def test_only_the_first_claim_is_granted(state: SharedState, key: Callable[[str], str]) -> None:
    first, second = Claim(key("a"), b"first", LONG_MS), Claim(key("a"), b"second", LONG_MS)
    assert state.apply([first, second]) == [None, b"first"]
    assert state.apply([Drop(key("a")), second, Read(key("a"))]) == [None, None, b"second"]


def test_an_empty_claim_is_a_claim(state: SharedState, key: Callable[[str], str]) -> None:
    claim = Claim(key("a"), b"", LONG_MS)
    assert state.apply([claim, claim]) == [None, b""]


def test_a_put_takes_the_place_of_a_claim(state: SharedState, key: Callable[[str], str]) -> None:
    changes: list[Change] = [
        Claim(key("a"), b"", LONG_MS),
        Put(key("a"), b"x", LONG_MS),
        Read(key("a")),
    ]
    assert state.apply(changes) == [None, None, b"x"]


def test_what_expires_is_gone_and_a_counter_expires_after_its_first_addition(
    state: SharedState, key: Callable[[str], str]
) -> None:
    state.apply([Add(key("a"), 1, 150), Put(key("b"), b"x", 1), Claim(key("c"), b"x", 1)])
    assert _until_forgotten(state, Add(key("a"), 1, LONG_MS))[-1] == 1
    assert state.apply([Read(key("b")), Read(key("c"))]) == [None, None]


def _until_forgotten(state: SharedState, add: Add) -> list[int]:
    counts = [number(state.apply([add])[0])]
    while counts[-1] != 1:
        counts.append(number(state.apply([add])[0]))
    return counts


def test_nothing_to_do_is_nothing(state: SharedState) -> None:
    assert state.apply([]) == []


def test_of_many_at_once_one_claims_and_all_are_counted(
    state: SharedState, key: Callable[[str], str]
) -> None:
    changes: list[Change] = [Add(key("a"), 1, LONG_MS), Claim(key("b"), b"x", LONG_MS)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: state.apply(changes), range(100)))
    assert sorted(number(added) for added, _ in answers) == list(range(1, 101))
    assert [held for _, held in answers].count(None) == 1


def test_a_valkey_that_is_not_there_is_left_alone_for_a_while() -> None:
    time_s = [100.0]
    dead = ValkeyState(ports.url(ports.free_port(), "redis"), lambda: time_s[0])
    for expected in ("does not answer", "not asked for a while", "not asked for a while"):
        with pytest.raises(CacheUnavailable, match=expected):
            dead.apply([Read("{demo}:a")])
    time_s[0] += 60
    with pytest.raises(CacheUnavailable, match="does not answer"):
        dead.apply([Read("{demo}:a")])
