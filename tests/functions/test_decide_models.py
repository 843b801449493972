"""decide-next-step with models on moto: the real prompt and parser over scripted models."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
import yaml

from cairn.configuration.model import Kind
from cairn.configuration.snapshots import CHECK_S
from cairn.llm.model import ChoiceAsk, FailureCode, ToolAsk
from functions.decide_next_step.handler import handler
from tests.fakes.models import BOTH, COST_USD, ScriptedModels, failed, said, tool
from tests.flows import EXAMPLE
from tests.functions.callers import Answered, Context, answered, http_event
from tests.functions.cloud import Cloud
from tests.functions.deciding import (
    ADA,
    PUBLISHED,
    House,
    code,
    decide,
    housed,
    reported,
)

PROMPT: Final = yaml.safe_load((EXAMPLE.parent / "prompt.yaml").read_text())
WITH_MODELS: Final[Mapping[tuple[Kind, str], Mapping[str, Any]]] = {  # Any: JSON
    **PUBLISHED,
    (Kind.PROMPT, "onboarding"): PROMPT,
    (Kind.MODELS, "default"): json.loads(BOTH.model_dump_json()),
}
REPLAY: Final = "POST /v1/decisions/{id}/replay"
GOALS: Final = {
    "reasoning": "They know what they want; ask \u201cada@secret.example\u201d.",
    "step_id": "goals",
    "fields": [{"id": "outcomes", "kind": "multiselect"}],
    "ctas": ["continue"],
    "confidence": 0.83,
}


@pytest.fixture
def models() -> ScriptedModels:
    """Silent while the house gets warm."""
    return ScriptedModels(
        tools=[failed(FailureCode.TIMEOUT)], choices=[failed(FailureCode.REFUSED)]
    )


@pytest.fixture
def house(aws: Cloud, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels) -> Iterator[House]:
    with housed(aws, monkeypatch, published=WITH_MODELS, models=models) as built:
        models.asked.clear()
        models.tools = [said(tool(json.dumps(GOALS)))]
        yield built


def replay(house: House, decision_id: str, **asked: object) -> Answered:

    event = http_event(REPLAY, asked, key=house.key, path={"id": decision_id})
    return answered(handler(event, Context()))


def test_a_model_proposes_what_is_shown(house: House, models: ScriptedModels) -> None:
    answer = decide(house.key).json()
    assert (answer["source"], answer["plan"]["step_id"]) == ("llm", "goals")
    assert [each["id"] for each in answer["plan"]["fields"]] == ["outcomes"]
    assert answer["confidence"] == 0.83
    assert answer["usage"]["cost_usd"] == 2 * COST_USD
    assert [type(each) for each in models.asked] == [ChoiceAsk, ToolAsk]
    assert answer["degraded"]["code"] == "llm_refused"


def test_its_calls_are_reported_with_the_decision_in_one_parcel(house: House) -> None:
    session_id = str(decide(house.key).json()["session_id"])
    house.cloud.received("events")
    house.wire.calls.clear()
    answer = decide(house.key, session_id=session_id).json()
    assert answer["source"] == "llm"
    assert house.wire.calls["SendMessageBatch"] + house.wire.calls["SendMessage"] == 1
    events = reported(house.cloud)
    assert [each.type for each in events] == [
        "decision.made",
        "llm.called",
        "llm.called",
        "request.completed",
    ]
    assert {each.session_id for each in events} == {session_id}
    assert [each.attributes["tier"] for each in events[1:3]] == ["choice", "llm"]


def test_a_similar_visitor_is_answered_from_the_cache_without_a_call(
    house: House, models: ScriptedModels
) -> None:
    decide(house.key)
    asked = len(models.asked)
    answer = decide(house.key, subject={"id": "u-9", "traits": {"country": "FR"}}).json()
    assert (answer["source"], answer["plan"]["step_id"]) == ("cache", "goals")
    assert len(models.asked) == asked
    assert answer["usage"]["cost_usd"] == 0
    assert reported(house.cloud)[-2].attributes["cache"] == "L1"


def test_a_cached_proposal_keeps_the_law_of_trips(house: House) -> None:
    session_id = str(decide(house.key).json()["session_id"])
    decide(house.key, session_id=session_id)
    house.time.passes(CHECK_S)
    house.wire.calls.clear()
    house.cache.trips = 0
    answer = decide(house.key, session_id=session_id).json()
    tables = sum(house.wire.calls[name] for name in ("BatchGetItem", "GetItem", "Query"))
    assert answer["source"] == "cache"
    assert tables + house.wire.calls["TransactWriteItems"] <= 2
    assert house.cache.trips <= 1


def test_an_output_outside_the_whitelist_is_never_shown(
    house: House, models: ScriptedModels
) -> None:
    models.tools = [said(tool(json.dumps(GOALS | {"step_id": "drop_tables"})))]
    answer = decide(house.key).json()
    assert (answer["source"], answer["plan"]["step_id"]) == ("fallback", "welcome")


def test_personal_values_reach_neither_model_nor_log_nor_event_nor_cache(
    house: House,
    models: ScriptedModels,
    capsys: pytest.CaptureFixture[str],
) -> None:
    subject = {"id": "ada@secret.example", "traits": {"email": "ada@secret.example"}}
    decide(house.key, subject=subject, answers=ADA)
    decide(house.key, subject=subject, answers=ADA | {"goal": "explore"})
    told = " ".join(
        [
            repr(models.asked),
            repr(models.subjects),
            capsys.readouterr().out,
            repr([event.model_dump_json() for event in reported(house.cloud)]),
            repr(list(house.cache.kept)),
        ]
    )
    for value in (*ADA.values(), "ada@secret.example"):
        assert value not in told


def test_a_decision_is_replayed_from_its_record(house: House, models: ScriptedModels) -> None:
    made = decide(house.key).json()
    house.wire.calls.clear()
    asked = len(models.asked)
    reported(house.cloud)
    answer = replay(house, made["id"])
    assert answer.status == 200, answer.body
    again = answer.json()
    assert (again["same"], again["source"], again["plan"]) == (True, "llm", made["plan"])
    assert len(models.asked) == asked
    assert [each.type for each in reported(house.cloud)] == ["request.completed"]
    assert house.wire.calls["TransactWriteItems"] == 0


def test_a_replay_can_ask_for_more(house: House) -> None:
    made = decide(house.key).json()
    surer = replay(house, made["id"], llm_threshold=0.9).json()
    assert (surer["source"], surer["same"]) == ("fallback", False)
    assert replay(house, made["id"], flow_version=1).json()["plan"] == made["plan"]
    assert code(replay(house, made["id"], flow_version=7)) == (404, "flow.not_found")
    assert code(replay(house, made["id"], model="unheard-of")) == (404, "model.not_found")
    assert code(replay(house, "dec_" + "0" * 32)) == (404, "decision.not_found")
    assert replay(house, made["id"], threshold=2).status == 400
