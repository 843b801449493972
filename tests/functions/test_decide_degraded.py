"""decide-next-step on moto: its trips, its cache, and what it does when something is down."""

import socket
from typing import Any, Final

import boto3
import pytest

from cairn.configuration.model import Kind
from functions.decide_next_step.settings import Settings
from functions.decide_next_step.wiring import build
from tests.flows import ONBOARDING
from tests.functions.callers import Context, api_key
from tests.functions.deciding import (
    DECIDE,
    DECISION,
    ONCE,
    SESSION,
    House,
    code,
    decide,
    got,
    posted,
    reported,
    started,
)
from tests.functions.publishing import publish


def test_a_warm_decision_makes_two_table_calls_one_cache_trip_and_one_send(house: House) -> None:
    session_id = started(house)
    house.cache.trips = 0
    house.time.passes(0.4)
    answer = decide(house.key, session_id=session_id, answers={"goal": "explore"})
    assert answer.status == 200
    assert house.wire.calls == {
        "BatchGetItem": 1,
        "TransactWriteItems": 1,
        "SendMessageBatch": 1,
    }
    assert house.cache.trips == 1


def test_the_release_is_looked_at_in_the_same_trip(house: House) -> None:
    session_id = started(house)
    house.time.passes(5)
    decide(house.key, session_id=session_id)
    assert house.wire.calls["BatchGetItem"] == 1
    changed = {**ONBOARDING, "title": "Changed"}
    publish(house.cloud, {(Kind.FLOW, "onboarding"): changed})
    house.time.passes(1)
    assert decide(house.key, session_id=session_id).json()["flow_version"] == 2


def test_an_equal_case_is_answered_from_the_cache(house: House) -> None:
    subject = {"id": "u-1", "traits": {"returning": True}}
    first = decide(house.key, subject=subject).json()
    second = decide(house.key, subject=subject | {"id": "u-2"}).json()
    assert (first["source"], second["source"]) == ("rules", "cache")
    assert second["timing_ms"]["rules"] is None
    assert {**first, "plan": 0}.keys() == second.keys()
    for same in ("plan", "confidence", "reasons"):
        assert first[same] == second[same]


def test_another_process_finds_the_plan_in_the_shared_cache(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = {"id": "u-1", "traits": {"returning": True}}
    decide(house.key, subject=subject)
    decide(house.key)
    other = build(
        Settings.load(house.cloud.variables),
        clock=house.time.clock,
        tick=house.time.tick,
        plan_cache=house.cache,
    )
    monkeypatch.setattr("functions.decide_next_step.handler.wiring", lambda: other)
    assert decide(house.key, subject=subject).json()["source"] == "cache"


def test_a_dead_valkey_degrades_the_decision_and_says_so(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"redis://127.0.0.1:{taken.getsockname()[1]}"
    built = build(Settings.load(house.cloud.variables | {"CAIRN_CACHE_URL": url}))
    monkeypatch.setattr("functions.decide_next_step.handler.wiring", lambda: built)
    answer = decide(house.key).json()
    assert answer["degraded"]["code"] == "cache_unavailable"
    assert (answer["source"], answer["plan"]["step_id"]) == ("fallback", "welcome")
    assert reported(house.cloud)[1].attributes["degraded"] == "cache_unavailable"


def test_without_a_cache_nothing_is_degraded(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    built = build(Settings.load(house.cloud.variables))
    monkeypatch.setattr("functions.decide_next_step.handler.wiring", lambda: built)
    assert decide(house.key).json()["degraded"] is None


SPLIT: Final = {
    "kind": "flag",
    "id": "onboarding-form",
    "type": "string",
    "variations": {"adaptive": "a", "other": "o"},
    "default": "adaptive",
    "rules": [{"id": "all", "split": {"other": 1, "adaptive": 0}, "experiment": "trial"}],
}


@pytest.mark.parametrize(
    ("beside", "missing", "told"),
    [
        ({(Kind.FLOW, "calm"): {**ONBOARDING, "id": "calm"}}, None, "other"),
        ({(Kind.FLOW, "calm"): {"made_by": "a later version"}}, "variation_unavailable", None),
        ({}, "variation_unavailable", None),
    ],
)
def test_a_variation_is_counted_once_where_it_was_served(
    house: House, beside: dict[tuple[Kind, str], Any], missing: str | None, told: str | None
) -> None:
    variants = {"flag": "onboarding-form", "variations": {"other": {"flow": "calm"}}}
    flow = {**ONBOARDING, "variants": variants}
    documents = {(Kind.FLOW, "onboarding"): flow, (Kind.FLAG, "onboarding-form"): SPLIT, **beside}
    publish(house.cloud, documents)
    house.time.passes(1)
    asked = {"surface": "form", "flow": "onboarding"}
    first, again = (posted(DECIDE, asked, house.key, headers=ONCE) for _ in range(2))
    assert (first.status, first.json()["plan"]["step_id"]) == (200, "welcome")
    assert (first.json()["degraded"] or {}).get("code") == missing
    assert again.json() == {**first.json(), "timing_ms": again.json()["timing_ms"]}
    made = [each for each in reported(house.cloud) if each.type == "decision.made"]
    assert [each.attributes.get("variation.trial") for each in made] == [told]


def test_throttled_reads_degrade_to_the_words_of_the_request(house: House) -> None:
    session_id = started(house)
    house.wire.refusing.add("BatchGetItem")
    house.time.passes(5)
    answer = decide(house.key, session_id=session_id, answers={"goal": "explore"}).json()
    assert answer["degraded"]["code"] == "store_unavailable"
    assert (answer["plan"]["step_id"], answer["session_id"]) == ("account", session_id)
    assert answer["explanation"] is None
    made, raised, _ = reported(house.cloud)
    assert (made.type, made.attributes["degraded"]) == ("decision.made", "store_unavailable")
    assert (raised.type, raised.attributes["code"]) == ("error.raised", "store_unavailable")
    assert raised.attributes["operation"] == "POST /v1/decisions"


def test_throttled_writes_degrade_and_nothing_is_kept(house: House) -> None:
    session_id = started(house)
    house.wire.refusing.add("TransactWriteItems")
    answer = decide(house.key, session_id=session_id, answers={"goal": "explore"}).json()
    assert answer["degraded"]["code"] == "store_unavailable"
    assert code(got(DECISION, answer["id"], house.key)) == (404, "decision.not_found")
    assert got(SESSION, session_id, house.key).json()["answers"] == {}


def test_a_session_that_could_not_be_kept_is_not_promised(house: House) -> None:
    started(house)
    house.wire.refusing.add("TransactWriteItems")
    answer = decide(house.key).json()
    assert (answer["session_id"], answer["explanation"]) == (None, None)
    events = reported(house.cloud)
    told = ["decision.made", "error.raised", "request.completed"]
    assert sorted(each.type for each in events) == told
    assert {each.session_id for each in events} == {None}


def test_unknown_configuration_and_throttled_tables_are_503(house: House) -> None:
    decide(house.key, flow="offboarding")
    other = api_key(house.cloud, workspace="other")
    got(SESSION, "ses_" + "0" * 32, other)
    house.wire.refusing.add("BatchGetItem")
    answer = decide(other)
    assert code(answer) == (503, "store_unavailable")
    assert answer.headers["retry-after"] == "1"


def test_a_key_that_cannot_be_looked_up_is_503(house: House) -> None:
    unknown_yet = api_key(house.cloud)
    house.wire.refusing.add("GetItem")
    assert code(decide(unknown_yet)) == (503, "store_unavailable")


def test_what_the_queue_refuses_waits_in_the_outbox(house: House) -> None:
    session_id = started(house)
    house.wire.refusing.add("SendMessageBatch")
    assert decide(house.key, session_id=session_id).json()["degraded"] is None
    items = boto3.client("dynamodb").scan(TableName=house.cloud.table("decisions"))["Items"]
    (waiting,) = [item for item in items if item["pk"]["S"].startswith("_system#outbox#")]
    assert '"decision.made"' in waiting["body"]["S"]


def test_where_no_time_is_left_the_process_answers_by_what_it_knows(house: House) -> None:
    answer = decide(house.key, context=Context(remaining_ms=150))
    assert (answer.status, answer.json()["source"]) == (200, "fallback")
    assert answer.json()["degraded"]["code"] == "store_unavailable"
    assert answer.json()["explanation"] is None
