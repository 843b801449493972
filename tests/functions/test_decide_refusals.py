"""decide-next-step on moto: what is refused, and requests that come again."""

import json
from typing import Final

from cairn.configuration.model import Kind
from cairn.decisions.limits import BODY_BYTES
from tests.flows import ONBOARDING
from tests.functions.deciding import (
    DECIDE,
    ONCE,
    PUBLISHED,
    SESSION,
    START,
    House,
    code,
    decide,
    got,
    posted,
    reported,
    types,
)
from tests.functions.publishing import publish


def test_an_unknown_flow_is_not_found(house: House) -> None:
    assert code(decide(house.key, flow="offboarding")) == (404, "flow.not_found")
    assert code(posted(START, {"flow": "offboarding"}, house.key)) == (404, "flow.not_found")


def test_a_flow_that_cannot_be_read_does_not_sink_the_others(house: House) -> None:
    broken = {**ONBOARDING, "id": "broken", "steps": []}
    publish(house.cloud, {**PUBLISHED, (Kind.FLOW, "broken"): broken})
    assert code(decide(house.key, flow="broken")) == (422, "flow.unreadable")
    assert decide(house.key).status == 200


REFUSED: Final[list[tuple[dict[str, object], str, str]]] = [
    ({"answers": {"shoe_size": 43}}, "answer.unknown_field", "/answers/shoe_size"),
    ({"answers": {"company_size": "huge"}}, "answer.invalid", "/answers/company_size"),
    ({"events": [{"id": "e", "type": "made.up"}]}, "event.unknown_type", "/events/0"),
    ({"events": [{"type": "page.viewed"}]}, "event.invalid", "/events/0"),
    ({"events": [{"id": "e", "type": "decision.made"}]}, "event.type_reserved", "/events/0"),
    (
        {"events": [{"id": "e", "type": "page.viewed", "session_id": "other"}]},
        "event.other_session",
        "/events/0/session_id",
    ),
    ({"deadline_ms": 49}, "request.greater_than_equal", "/deadline_ms"),
    ({"deadline_ms": 10_001}, "request.less_than_equal", "/deadline_ms"),
    ({"sent_at": 1_795_168_800}, "request.value_error", "/sent_at"),
    ({"sent_at": "yesterday"}, "request.value_error", "/sent_at"),
    ({"surface": "banner"}, "request.literal_error", "/surface"),
    ({"extra": 1}, "request.extra_forbidden", "/extra"),
    ({"subject": {"id": ""}}, "request.string_too_short", "/subject/id"),
    ({"session_id": "a#b"}, "request.string_pattern_mismatch", "/session_id"),
]


def test_what_does_not_fit_is_refused_with_a_pointer(house: House) -> None:
    for body, expected, at in REFUSED:
        answer = decide(house.key, body)
        assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
        (error,) = answer.json()["errors"]
        assert (error["code"], error["pointer"]) == (expected, at)
    assert types(house.cloud) == ["request.completed"] * len(REFUSED)


def test_a_header_that_is_no_time_is_refused(house: House) -> None:
    body = {"flow": "onboarding"}
    answer = posted(DECIDE, body, house.key, headers={"cairn-sent-at": "yesterday"})
    assert code(answer) == (400, "request.invalid")
    assert types(house.cloud) == ["request.completed"]


def test_deep_and_huge_values_are_refused(house: House) -> None:
    deep: dict[str, object] = {"a": {"b": {"c": {}}}}
    many = {f"trait_{number}": 1 for number in range(51)}
    bodies: list[dict[str, object]] = [
        {"subject": {"id": "u", "traits": {"deep": deep}}},
        {"subject": {"id": "u", "traits": many}},
        {"answers": {"goal": deep}},
        {"answers": {"seats": 10**400}},
        {"answers": {"company_name": "x" * 4_001}},
    ]
    assert [decide(house.key, body).status for body in bodies] == [400] * 5


def test_a_malformed_body_is_refused(house: House) -> None:
    for body in ("", "{", "[]", "null", '"text"', '{"flow": "\\ud800"}'):
        assert posted(DECIDE, body, house.key).status == 400
        assert posted(START, body, house.key).status == 400


def test_an_oversized_body_is_refused(house: House) -> None:
    body = json.dumps({"flow": "onboarding", "padding": "x" * BODY_BYTES})
    assert code(posted(DECIDE, body, house.key)) == (413, "request.too_large")


def test_without_a_good_key_nothing_is_answered_or_told_of(house: House) -> None:
    for key in (None, "sk_demo_" + "0" * 48, "nonsense"):
        assert decide(key).status == 401
        assert got(SESSION, "ses_" + "0" * 32, key).status == 401
    assert types(house.cloud) == []


def test_every_other_answer_is_told_of_by_itself_with_its_status(house: House) -> None:
    made = decide(house.key).json()
    types(house.cloud)
    house.wire.calls.clear()
    assert decide(house.key, flow="nowhere").status == 404
    assert got("GET /v1/decisions/{id}", made["id"], house.key).status == 200
    assert got(SESSION, "ses_" + "0" * 32, house.key).status == 404
    assert house.wire.calls["SendMessageBatch"] == 3
    told = [each.attributes for each in reported(house.cloud)]
    assert [(each["operation"], each["status"], each.get("code")) for each in told] == [
        (DECIDE, 404, "flow.not_found"),
        ("GET /v1/decisions/{id}", 200, None),
        (SESSION, 404, "session.not_found"),
    ]


def test_the_same_idempotency_key_gets_the_same_decision(house: House) -> None:
    body = {"flow": "onboarding", "answers": {"goal": "explore"}}
    first = posted(DECIDE, body, house.key, headers=ONCE)
    again = posted(DECIDE, body, house.key, headers=ONCE)
    assert (first.json()["id"], first.json()["session_id"]) == (
        again.json()["id"],
        again.json()["session_id"],
    )
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert types(house.cloud) == ["session.started", "decision.made", "request.completed"]


def test_another_request_with_the_same_key_is_refused(house: House) -> None:
    posted(DECIDE, {"flow": "onboarding"}, house.key, headers=ONCE)
    other = posted(DECIDE, {"flow": "onboarding", "deadline_ms": 900}, house.key, headers=ONCE)
    assert code(other) == (422, "idempotency.mismatch")
    assert code(posted(START, {}, house.key, headers=ONCE)) == (422, "idempotency.mismatch")


def test_an_idempotency_key_is_forgotten_after_a_day(house: House) -> None:
    first = posted(DECIDE, {"flow": "onboarding"}, house.key, headers=ONCE).json()
    house.time.passes(86_400)
    second = posted(DECIDE, {"flow": "onboarding"}, house.key, headers=ONCE).json()
    assert first["id"] != second["id"]


def test_an_idempotency_key_is_visible_ascii(house: House) -> None:
    for bad in ("", "x" * 256, "a b", "ä"):
        answer = posted(DECIDE, {"flow": "onboarding"}, house.key, headers={"idempotency-key": bad})
        assert code(answer) == (400, "idempotency.invalid_key")
