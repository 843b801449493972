"""decide-next-step on moto: what is decided, and what it leaves behind."""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

import boto3
import pytest

from cairn.platform.clock import rfc3339
from cairn.platform.observability.correlation import pseudonym
from functions.decide_next_step.handler import handler
from tests.functions.callers import Context, answered
from tests.functions.deciding import (
    ADA,
    DECIDE,
    DECISION,
    SESSION,
    House,
    code,
    decide,
    got,
    posted,
    reported,
    started,
    types,
)

GOLDEN: Final = Path(__file__).parents[2] / "events" / "decide-next-step"
GOLDEN_ANSWERS: Final[Mapping[str, tuple[int, str]]] = {
    "start": (200, "rules"),
    "returning-company": (200, "rules"),
    "continue": (200, "rules"),
    "once": (200, "fallback"),
    "unknown-flow": (404, "flow.not_found"),
    "unknown-answer": (400, "request.invalid"),
    "missing-session": (404, "session.not_found"),
    "malformed": (400, "request.malformed_json"),
    "start-session": (201, ""),
    "resume-missing-session": (404, "session.not_found"),
    "read-missing-decision": (404, "decision.not_found"),
    "replay-missing-decision": (404, "decision.not_found"),
}
"""Per golden event: the status, and the source of the decision or the code of the refusal."""


def focus(name: str, second: int) -> dict[str, str]:
    at = f"2026-11-20T09:59:{second}Z"
    return {"id": f"e-{name}", "type": "field.focused", "field": name, "at": at}


def test_the_first_decision_starts_a_session_and_carries_its_id(house: House) -> None:
    answer = decide(house.key).json()
    assert answer["session_id"].startswith("ses_")
    assert answer["plan"]["step_id"] == "welcome"
    assert types(house.cloud) == ["session.started", "decision.made", "request.completed"]


def test_an_answer_has_every_key_of_the_contract(house: House) -> None:
    answer = decide(house.key).json()
    assert answer.keys() >= {
        "id", "flow_version", "source", "plan", "confidence", "reasons", "experiments",
        "behavior", "degraded", "timing_ms", "usage", "trace_id", "explanation",
    }  # fmt: skip
    assert answer["experiments"] == []
    assert answer["degraded"] is None
    assert answer["usage"] == {"input_tokens": 0, "output_tokens": 0, "cost_usd": 0.0}
    assert answer["timing_ms"].keys() == {"total", "cache", "rules", "model"}
    assert answer["explanation"] == f"/v1/decisions/{answer['id']}/explanation"
    assert answer["plan"]["fields"][0].keys() == {
        "id", "kind", "label", "required", "default", "placeholder", "options",
    }  # fmt: skip


def test_a_rule_decides_and_says_why(house: House) -> None:
    answer = decide(house.key, subject={"id": "u-7", "traits": {"returning": True}}).json()
    assert (answer["source"], answer["confidence"]) == ("rules", 0.93)
    assert answer["plan"]["step_id"] == "company_details"
    assert [field["id"] for field in answer["plan"]["fields"]] == [
        "company_name",
        "company_size",
        "country",
    ]
    assert [reason["code"] for reason in answer["reasons"]] == [
        "persona.returning_business",
        "rule.returning_starts_with_company",
    ]


def test_a_flow_is_walked_to_its_end(house: House) -> None:
    answers: dict[str, object] = {
        "goal": "explore",
        "full_name": "Ada",
        "work_email": "ada@example.com",
        "company_name": "Engines",
        "company_size": "just_me",
        "country": "GB",
        "outcomes": ["reporting"],
        "chosen_plan": "trial",
        "accepts_terms": True,
    }
    session_id = started(house)
    given: dict[str, object] = {}
    shown: list[str] = []
    while "complete" not in shown:
        plan = decide(house.key, session_id=session_id, answers=given).json()["plan"]
        given = {each["id"]: answers[each["id"]] for each in plan["fields"] if each["required"]}
        shown.append(plan["step_id"])
    assert shown == ["welcome", "account", "company_details", "goals", "integrations", "plan",
                     "confirm", "complete"]  # fmt: skip
    ended = got(SESSION, session_id, house.key).json()["plan"]
    assert (ended["progress"], ended["fields"]) == (1.0, [])
    assert ended["ctas"] == [{"action": "open", "label": "Open it"}]


def test_the_rules_read_what_the_visitor_did(house: House) -> None:
    company = {"company_name": "Engines", "company_size": "51-200", "country": "DE"}
    session_id = started(house, answers={"goal": "explore"} | ADA | company)
    decide(house.key, session_id=session_id)
    focused = [focus("vat_id", 10), focus("legal_name", 20), focus("billing_email", 30)]
    answer = decide(house.key, session_id=session_id, events=focused).json()
    assert answer["behavior"]["hesitations"] == 3
    assert [field["id"] for field in answer["plan"]["fields"]] == ["vat_id"]
    assert answer["reasons"][-1]["code"] == "rule.short_tax_after_hesitation"


def test_time_on_a_step_counts_from_when_it_was_shown(house: House) -> None:
    session_id = started(house)
    house.time.passes(8.2)
    assert decide(house.key, session_id=session_id).json()["behavior"]["time_on_step_ms"] == 8_200


def test_a_decision_can_be_read_by_a_secret_key_only(house: House) -> None:
    made = decide(house.key).json()
    read = got(DECISION, made["id"], house.key)
    assert read.json() | {"timing_ms": None} == made | {"timing_ms": None}
    assert code(got(DECISION, made["id"], house.publishable)) == (403, "access.scope_missing")


def test_a_wrong_clock_is_no_reason_not_to_decide(house: House) -> None:
    late = [{"id": "e", "type": "page.viewed", "at": "2031-01-01T00:00:00Z"}]
    assert decide(house.key, events=late).status == 200
    assert types(house.cloud) == ["session.started", "decision.made", "request.completed"]


@pytest.mark.parametrize(
    ("body_s", "header_s", "added_s"),
    [
        (3_600, None, 3_600),
        (None, 3_600, 3_600),
        (None, -1_200, -1_200),
        (3_600, 7_200, 3_600),
        (2, None, 0),
        (86_400, None, 86_400),
        (86_401, None, 0),
    ],
)
def test_a_clock_that_is_off_is_corrected_as_in_a_batch_of_events(
    house: House,
    body_s: int | None,
    header_s: int | None,
    added_s: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def by_their_clock(behind_s: int) -> str:
        return (house.time.now - timedelta(seconds=behind_s)).isoformat()

    session_id = started(house)
    seen = {"id": "e-1", "type": "page.viewed", "path": "/", "at": by_their_clock(added_s + 90)}
    body: dict[str, object] = {"flow": "onboarding", "session_id": session_id, "events": [seen]}
    if body_s is not None:
        body["sent_at"] = by_their_clock(body_s)
    headers = {} if header_s is None else {"cairn-sent-at": by_their_clock(header_s)}
    assert posted(DECIDE, body, house.key, headers=headers).status == 200
    assert vars(caplog.records[-1])["clock_skew_ms"] == 1_000 * (body_s or header_s or 0)
    event, *_ = reported(house.cloud)
    happened = house.time.now - timedelta(seconds=90)
    theirs = rfc3339(happened - timedelta(seconds=added_s))
    assert event.at == happened
    assert event.text("client_at") == (theirs if added_s else None)


def test_the_events_of_a_request_travel_with_its_decision(house: House) -> None:
    session_id = started(house)
    decide(
        house.key, session_id=session_id, events=[{"id": "e-1", "type": "page.viewed", "path": "/"}]
    )
    events = reported(house.cloud)
    assert [event.type for event in events] == ["page.viewed", "decision.made", "request.completed"]
    assert {event.session_id for event in events} == {session_id}
    assert events[0].text("path") == "/"
    assert len({event.text("trace_id") for event in events}) == 1


def test_decision_made_says_what_was_decided(house: House) -> None:
    decide(house.key, subject={"id": "u-7", "traits": {"returning": True}})
    _, made, answered = reported(house.cloud)
    assert made.subject == answered.subject == pseudonym("demo", "u-7")
    assert (answered.text("operation"), answered.text("status")) == ("POST /v1/decisions", "200")
    assert (
        made.attributes.items()
        >= {
            "source": "rules",
            "flow": "onboarding",
            "flow_version": 1,
            "step": "company_details",
            "persona": "returning_business",
            "degraded": "none",
            "fields_shown": 3,
        }.items()
    )


def test_personal_values_stay_in_the_session(
    house: House, capfd: pytest.CaptureFixture[str]
) -> None:
    typed = [
        {"id": "e", "type": "field.changed", "field": "work_email", "value": ADA["work_email"]},
        {"id": "f", "type": "custom.typed", "field": "phone", "text": ADA["phone"]},
    ]
    subject = {"id": "ada-4711", "traits": {"email": ADA["work_email"], "name": ADA["full_name"]}}
    session_id = started(house, answers={"goal": "explore"}, subject=subject)
    answer = decide(house.key, session_id=session_id, answers=ADA, events=typed).json()
    decide(house.key, session_id=session_id)
    told = [
        capfd.readouterr().out,
        json.dumps(answer),
        got(DECISION, answer["id"], house.key).body,
        json.dumps(house.cloud.received("events")),
        *house.cache.kept,
        *(body.decode() for body in house.cache.kept.values()),
        json.dumps(
            boto3.client("dynamodb").scan(TableName=house.cloud.table("decisions"))["Items"]
        ),
    ]
    for value in (*ADA.values(), "ada-4711"):
        assert not [text for text in told if value in text]
    assert session_id not in told[0]


def golden(path: Path, house: House) -> tuple[int, str]:
    """The status of the answer, and its source or code."""
    event = path.read_text()
    for kind, key in (("secret", house.key), ("publishable", house.publishable)):
        event = event.replace("{{" + kind + "_key}}", key)
    answer = answered(handler(json.loads(event), Context()))
    body = answer.json()
    return answer.status, body.get("source", body.get("code", ""))


def test_golden_events_are_answered(house: House) -> None:
    assert {path.stem: golden(path, house) for path in GOLDEN.glob("*.json")} == GOLDEN_ANSWERS
