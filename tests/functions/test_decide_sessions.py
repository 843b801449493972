"""decide-next-step on moto: how sessions begin, go on, and whom they open for."""

import boto3
import pytest

from cairn.configuration.model import Kind
from cairn.decisions.limits import SESSION_S
from tests.flows import ONBOARDING, field, flow, step
from tests.functions.callers import api_key
from tests.functions.deciding import (
    ADA,
    ONCE,
    PUBLISHED,
    SESSION,
    START,
    House,
    code,
    decide,
    got,
    posted,
    started,
    types,
)
from tests.functions.publishing import publish


def test_a_null_takes_an_answer_back(house: House) -> None:
    session_id = started(house, answers={"goal": "explore", "role": "data"})
    decide(house.key, session_id=session_id, answers={"role": None})
    assert got(SESSION, session_id, house.key).json()["answers"] == {"goal": "explore"}


def test_a_session_is_resumed_with_its_last_plan_and_answers(house: House) -> None:
    session_id = started(house, answers={"goal": "explore"} | ADA)
    session = got(SESSION, session_id, house.publishable).json()
    assert session["answers"] == {"goal": "explore"} | ADA
    assert session["step"] == session["plan"]["step_id"] == "company_details"
    assert session["steps_seen"] == ["company_details"]


def test_a_session_is_started_without_deciding(house: House) -> None:
    answer = posted(START, {"flow": "onboarding"}, house.publishable)
    assert answer.status == 201
    session = answer.json()
    assert (session["decisions"], session["plan"]) == (0, None)
    assert types(house.cloud) == ["session.started", "request.completed"]
    assert decide(house.publishable, session_id=session["session_id"]).status == 200
    assert types(house.cloud) == ["decision.made", "request.completed"]


def test_an_unknown_session_is_not_found_for_a_publishable_key(house: House) -> None:
    unknown = "ses_" + "0" * 32
    assert code(decide(house.publishable, session_id=unknown)) == (404, "session.not_found")
    assert code(got(SESSION, unknown, house.publishable)) == (404, "session.not_found")


def test_a_publishable_key_may_not_bring_a_session(house: House) -> None:
    assert code(decide(house.publishable, session_id="mine")) == (404, "session.not_found")
    asked = {"session_id": "mine"}
    assert code(posted(START, asked, house.publishable)) == (404, "session.not_found")


def test_a_secret_key_brings_its_own_session(house: House) -> None:
    assert decide(house.key, session_id="import-7").json()["session_id"] == "import-7"
    assert types(house.cloud) == ["session.started", "decision.made", "request.completed"]
    assert decide(house.key, session_id="import-7").status == 200
    assert types(house.cloud) == ["decision.made", "request.completed"]
    taken = posted(START, {"session_id": "import-7"}, house.key)
    assert code(taken) == (409, "session.taken")


def test_a_brought_session_stays_closed_to_publishable_keys(house: House) -> None:
    guessed = "ses_" + "1" * 32
    started(house, session_id=guessed)
    assert code(got(SESSION, guessed, house.publishable)) == (404, "session.not_found")
    assert code(decide(house.publishable, session_id=guessed)) == (404, "session.not_found")


@pytest.mark.parametrize("identifier", ["a" * 3_000, "a#b", "\x1b[31m", "ü"])
def test_what_is_no_session_id_is_not_found_by_any_key(house: House, identifier: str) -> None:
    assert code(got(SESSION, identifier, house.key)) == (404, "session.not_found")


def test_a_session_of_another_workspace_is_not_found(house: House) -> None:
    session_id = started(house)
    stranger = api_key(house.cloud, workspace="other")
    assert code(got(SESSION, session_id, stranger)) == (404, "session.not_found")


def test_a_session_stays_in_its_flow(house: House) -> None:
    publish(house.cloud, {**PUBLISHED, (Kind.FLOW, "second"): {**ONBOARDING, "id": "second"}})
    session_id = started(house)
    answer = decide(house.key, session_id=session_id, flow="second")
    assert code(answer) == (422, "session.other_flow")


def test_a_session_that_is_over_is_not_found_and_its_brought_id_is_free(house: House) -> None:
    session_id = started(house)
    started(house, session_id="import-7")
    house.time.passes(SESSION_S)
    assert code(got(SESSION, session_id, house.key)) == (404, "session.not_found")
    assert decide(house.key, session_id="import-7").json()["behavior"]["time_on_step_ms"] == 0


def test_a_session_that_holds_too_much_is_refused(house: House) -> None:
    first, second = (
        step(name, *(field(f"{name}_{number}") for number in range(50))) for name in ("a", "b")
    )
    publish(house.cloud, {(Kind.FLOW, "wide"): flow(first, second, id="wide")})
    filled = {name: {f"{name}_{number}": "x" * 4_000 for number in range(50)} for name in "ab"}
    session_id = started(house, flow="wide", answers=filled["a"])
    answer = decide(house.key, {"session_id": session_id, "flow": "wide", "answers": filled["b"]})
    assert code(answer) == (413, "session.too_large")


def test_a_subject_finds_its_sessions(house: House) -> None:
    session_id = started(house, subject={"id": "u-42"})
    found = boto3.client("dynamodb").query(
        TableName=house.cloud.table("sessions"),
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "demo#subject#u-42"}},
    )["Items"]
    assert [item["sk"]["S"] for item in found] == [f"session#{session_id}"]


def test_a_session_is_not_started_on_throttled_tables(house: House) -> None:
    started(house)
    house.wire.refusing.add("TransactWriteItems")
    assert code(posted(START, {}, house.key)) == (503, "store_unavailable")
    assert types(house.cloud) == ["request.completed"]


def test_a_session_is_started_once_for_one_key(house: House) -> None:
    first = posted(START, {}, house.key, headers=ONCE).json()
    again = posted(START, {}, house.key, headers=ONCE).json()
    assert first["session_id"] == again["session_id"]
    assert types(house.cloud) == ["session.started", "request.completed"]
