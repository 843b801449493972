"""What instances share of model calls, in a real Valkey, and when it goes away."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cairn.llm.model import Called, ErrorClass, FailureCode, ToolReply
from cairn.platform.shared_state import MemoryState, SharedState
from cairn.platform.valkey_state import ValkeyState
from infra.local import ports, valkey
from infra.local.supervise import Child, start
from tests.calling import ASK, Calling, models
from tests.fakes.model_client import Turn, fails
from tests.fakes.ticks import Ticks

DOWN = fails(ErrorClass.TRANSIENT)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Child]]:
    port = ports.free_port()
    with start("Valkey", valkey.command(port, tmp_path), log=tmp_path / "valkey.log") as child:
        while not valkey.is_ready(port):
            child.check()
        yield ports.url(port, "redis"), child


@pytest.fixture(params=["memory", pytest.param("valkey", marks=pytest.mark.local)])
def shared(request: pytest.FixtureRequest) -> SharedState:
    if request.param == "memory":
        return MemoryState(Ticks())
    return ValkeyState(request.getfixturevalue("server")[0])


def two(shared: SharedState, turn: Turn) -> tuple[Calling, Calling]:
    ticks = Ticks()
    return Calling({"a": [turn]}, ticks, shared), Calling({"a": [turn]}, ticks, shared)


def code_of(called: Called[ToolReply]) -> FailureCode | None:
    return called.failure.code if called.failure else None


def test_a_breaker_opens_for_all(shared: SharedState) -> None:
    one, other = two(shared, DOWN)
    document = models("a", attempts=1, breaker={"consecutive": 2})
    codes = [code_of(each.call(document)) for each in (one, other, one, other)]
    assert codes == [FailureCode.UNAVAILABLE] * 2 + [FailureCode.BREAKER] * 2


def test_a_breaker_is_probed_and_closes_for_all(shared: SharedState) -> None:
    one, other = two(shared, DOWN)
    document = models("a", attempts=2, breaker={"consecutive": 2, "open_s": 15})
    one.call(document)
    assert code_of(other.call(document)) is FailureCode.BREAKER
    other.turns["a"][:] = one.turns["a"][:] = [Turn()]
    one.ticks.pass_s(16)
    assert code_of(other.call(document)) is None
    assert code_of(one.call(document, ask=replace(ASK, user="other"))) is None


def test_what_landed_is_taken_by_all(shared: SharedState) -> None:
    one, other = two(shared, Turn())
    assert [one.call(models("a")).shared, other.call(models("a")).shared] == [False, True]


def test_a_budget_is_spent_by_all_and_told_once(shared: SharedState) -> None:
    one, other = two(shared, Turn())
    document = models("a", budgets={"workspace_usd_per_day": 0.0003})
    calls = [
        each.call(document, ask=replace(ASK, user=str(number)))
        for number, each in enumerate((one, other, one, other))
    ]
    assert [each.exceeded and each.exceeded.first for each in calls] == [None, None, True, False]


@pytest.mark.local
def test_what_was_open_or_spent_stays_so_when_valkey_goes_away(
    server: tuple[str, Child],
) -> None:
    url, child = server
    one, _ = two(ValkeyState(url), DOWN)
    document = models(
        "a", attempts=2, breaker={"consecutive": 2}, budgets={"subject_calls_per_day": 2}
    )
    assert code_of(one.call(document)) is FailureCode.UNAVAILABLE
    child.stop()
    assert code_of(one.call(document)) is FailureCode.BREAKER
    assert code_of(one.call(document)) is FailureCode.BUDGET
