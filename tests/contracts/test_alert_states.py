"""Alert states: the table and the fake keep the same promises."""

from collections.abc import Iterator

import boto3
import pytest

from cairn.alerts.check import States
from cairn.alerts.evaluate import Moment, advance
from cairn.alerts.state import AlertState, Phase, Reading
from cairn.alerts.store import AlertStore
from cairn.alerts.undelivered import claimed
from cairn.platform.dynamo import Dynamo
from cairn.platform.errors import Conflict
from tests.fakes.alerts import MemoryStates, at, rule
from tests.functions.cloud import ACCOUNT_VARIABLES, cloud


@pytest.fixture(params=["memory", "table"])
def states(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[States]:
    if request.param == "memory":
        yield MemoryStates()
        return
    for name, value in ACCOUNT_VARIABLES.items():
        monkeypatch.setenv(name, value)
    with cloud() as created:
        yield AlertStore(Dynamo(boto3.client("dynamodb")), created.table("alerts"))


def fired() -> AlertState:
    """A state with everything in it that a state can hold."""
    channels = [{"type": "log"}, {"type": "webhook", "url": "https://example.com/hook"}]
    checked = rule(channels=channels, group={"plan": "trial"})
    state = advance(
        checked, AlertState(alert="busy"), Reading(11, 11), Moment("demo", "local", at(0))
    )
    return claimed(state, at(0))


def test_nothing_was_ever_written(states: States) -> None:
    assert states.states("demo") == {}


def test_a_state_comes_back_whole_with_its_new_version(states: States) -> None:
    saved = states.save("demo", fired())
    assert saved == fired().model_copy(update={"version": 1})
    assert states.states("demo") == {"busy": saved}


def test_a_state_follows_its_own_version(states: States) -> None:
    first = states.save("demo", AlertState(alert="busy"))
    second = states.save("demo", first.model_copy(update={"phase": Phase.PENDING}))
    assert (second.version, states.states("demo")["busy"].phase) == (2, Phase.PENDING)


def test_an_overtaken_state_is_not_written(states: States) -> None:
    first = states.save("demo", AlertState(alert="busy"))
    states.save("demo", first.model_copy(update={"phase": Phase.PENDING}))
    for late in (first, AlertState(alert="busy")):
        with pytest.raises(Conflict):
            states.save("demo", late)
    assert states.states("demo")["busy"].phase is Phase.PENDING


def test_workspaces_and_alerts_are_apart(states: States) -> None:
    states.save("demo", AlertState(alert="a"))
    states.save("demo", AlertState(alert="b"))
    states.save("other", AlertState(alert="a"))
    assert states.states("demo").keys() == {"a", "b"}
    assert states.states("other").keys() == {"a"}
