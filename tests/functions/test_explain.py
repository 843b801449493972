"""explain on moto: the factors of real decisions at once, their narratives by the queue."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from functions.explain.handler import handler
from functions.explain.settings import Settings
from functions.explain.wiring import build
from tests.functions.callers import Answered, Context, answered, api_key, http_event
from tests.functions.cloud import Cloud
from tests.functions.deciding import ADA, House, code, decide, housed, reported, started

PATH: Final = "/v1/decisions/{id}/explanation"
UNKNOWN: Final = "dec_" + "0" * 32
GOLDEN: Final = Path(__file__).parents[2] / "events" / "explain"


@pytest.fixture
def house(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A house in which decisions are made and explained."""
    with housed(aws, monkeypatch) as deciding:
        built = build(Settings.load(aws.variables), clock=deciding.time.clock)
        monkeypatch.setattr("functions.explain.handler.wiring", lambda: built)
        yield deciding


def asked(method: str, decision_id: str, key: str | None) -> Answered:
    event = http_event(f"{method} {PATH}", key=key, path={"id": decision_id})
    return answered(handler(event, Context()))


def delivered(*bodies: str) -> list[str]:
    """Takes a batch; gives the messages that must come again."""
    records = [{"messageId": str(place), "body": body} for place, body in enumerate(bodies)]
    answer: Mapping[str, Any] = handler({"Records": records}, Context())  # Any: JSON for SQS
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def decided(house: House) -> str:
    """A decision by a rule, for someone who comes back."""
    returning = {"id": "u-7", "traits": {"returning": True}}
    return str(decide(house.key, subject=returning).json()["id"])


def test_a_decision_is_explained_at_once(house: House) -> None:
    answer = asked("GET", decided(house), house.key)
    assert answer.status == 200
    told = answer.json()
    assert (told["step"], told["source"], told["confidence"]) == ("company_details", "rules", 0.93)
    assert told["factors"][0]["code"] == "rule.returning_starts_with_company"
    impacts = {each["code"]: each["impact"] for each in told["factors"]}
    assert impacts["persona.returning_business"] == 0.465
    assert told["narrative"] is None


def test_the_same_question_gets_the_same_answer(house: House) -> None:
    decision_id = decided(house)
    first, again = (asked("GET", decision_id, house.key) for _ in range(2))
    assert first.json() | {"trace_id": ""} == again.json() | {"trace_id": ""}


def test_a_cached_decision_is_explained_by_the_rules_that_made_it(house: House) -> None:
    decided(house)
    told = asked("GET", decided(house), house.key).json()
    assert told["source"] == "cache"
    assert told["factors"][0]["code"] == "rule.returning_starts_with_company"


def test_an_explanation_costs_one_table_call(house: House) -> None:
    decision_id = decided(house)
    asked("GET", decision_id, house.key)
    house.wire.calls.clear()
    asked("GET", decision_id, house.key)
    assert house.wire.calls == {"BatchGetItem": 1}


def test_a_narrative_is_ordered_written_and_then_there(house: House) -> None:
    decision_id = decided(house)
    ordered = asked("POST", decision_id, house.key)
    assert (ordered.status, ordered.json()["narrative"]) == (202, None)
    assert delivered(*house.cloud.received("explanations")) == []
    for method in ("GET", "POST"):
        answer = asked(method, decision_id, house.key)
        assert answer.status == 200
        narrative = answer.json()["narrative"]
        assert narrative["author"] == "template"
        assert "company_details" in narrative["text"]
    assert house.cloud.received("explanations") == []


def test_an_order_is_reported_in_the_session_of_its_decision(house: House) -> None:
    decision_id = decided(house)
    *_, made, _ = reported(house.cloud)
    asked("POST", decision_id, house.key)
    (ordered,) = reported(house.cloud)
    assert (ordered.type, ordered.source) == ("request.completed", "explain")
    assert (ordered.owner, ordered.subject) == (made.owner, made.subject)
    assert (ordered.text("operation"), ordered.text("status")) == (f"POST {PATH}", "202")
    assert ordered.text("flow") == "onboarding"
    delivered(*house.cloud.received("explanations"))
    asked("POST", decision_id, house.key)
    assert reported(house.cloud) == []


def test_only_what_could_not_be_written_comes_again(house: House) -> None:
    decision_id = decided(house)
    asked("POST", decision_id, house.key)
    (order,) = house.cloud.received("explanations")
    assert delivered("not an order", order, order.replace(decision_id, UNKNOWN)) == ["0"]
    assert asked("GET", decision_id, house.key).json()["narrative"] is not None


def test_a_throttled_table_returns_the_order(house: House) -> None:
    decision_id = decided(house)
    asked("POST", decision_id, house.key)
    (order,) = house.cloud.received("explanations")
    house.wire.refusing.add("PutItem")
    assert delivered(order) == ["0"]
    house.wire.refusing.clear()
    assert delivered(order) == []


def test_an_order_that_the_queue_refuses_is_503(house: House) -> None:
    decision_id = decided(house)
    house.wire.refusing.add("SendMessageBatch")
    answer = asked("POST", decision_id, house.key)
    assert code(answer) == (503, "queue_unavailable")
    assert answer.headers["retry-after"] == "1"


def test_a_throttled_table_is_503(house: House) -> None:
    decision_id = decided(house)
    house.wire.refusing.add("BatchGetItem")
    assert code(asked("GET", decision_id, house.key)) == (503, "store_unavailable")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_decision_is_not_found(method: str, house: House) -> None:
    for unknown in (UNKNOWN, "nonsense", "x" * 3_000):
        assert code(asked(method, unknown, house.key)) == (404, "decision.not_found")
    stranger = api_key(house.cloud, workspace="other")
    assert code(asked(method, decided(house), stranger)) == (404, "decision.not_found")


def test_explanations_are_for_secret_keys(house: House) -> None:
    decision_id = decided(house)
    refused = asked("GET", decision_id, house.publishable)
    assert code(refused) == (403, "access.scope_missing")
    assert asked("GET", decision_id, None).status == 401


def test_an_explanation_holds_no_personal_value(house: House) -> None:
    session_id = started(house, answers={"goal": "explore"} | ADA)
    decision_id = decide(house.key, session_id=session_id).json()["id"]
    asked("POST", decision_id, house.key)
    orders = house.cloud.received("explanations")
    delivered(*orders)
    told = asked("GET", decision_id, house.key).body + "".join(orders)
    assert not [value for value in ADA.values() if value in told]
    assert session_id not in told


def test_golden_events_are_answered(house: House) -> None:
    def answer(name: str) -> Mapping[str, Any]:  # Any: what Lambda gives back
        event = (GOLDEN / f"{name}.json").read_text().replace("{{secret_key}}", house.key)
        return handler(json.loads(event), Context())

    assert answer("explain-missing-decision")["statusCode"] == 404
    assert answer("order-missing-decision")["statusCode"] == 404
    (failure,) = answer("orders")["batchItemFailures"]
    assert failure["itemIdentifier"].endswith("2")
    assert len(list(GOLDEN.glob("*.json"))) == 3
