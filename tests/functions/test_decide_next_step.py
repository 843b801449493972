"""decide-next-step on moto: decisions and sessions over HTTP, and what they leave behind."""

import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import boto3
import pytest

from cairn.configuration.model import Kind
from cairn.decisions.limits import BODY_BYTES, SESSION_S
from functions.decide_next_step.handler import handler
from functions.decide_next_step.settings import Settings
from functions.decide_next_step.wiring import build
from tests.fakes.cache import MemoryCache
from tests.functions.callers import Answered, Context, answered, api_key
from tests.functions.cloud import Cloud
from tests.functions.deciding import (
    ADA,
    DECIDE,
    ONBOARDING,
    PUBLISHED,
    START,
    decide,
    got,
    posted,
    reported,
    types,
)
from tests.functions.publishing import publish
from tests.functions.refusals import Wire, tapped

DECISION: Final = "GET /v1/decisions/{id}"
SESSION: Final = "GET /v1/sessions/{id}"
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
}
"""Per golden event: the status, and the source of the decision or the code of the refusal."""


class Time:
    """A clock and a ticker that move only when told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 10, tzinfo=UTC)

    def clock(self) -> datetime:
        return self.now

    def tick(self) -> float:
        return self.now.timestamp()

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class House:
    """Everything around the function."""

    cloud: Cloud
    wire: Wire
    cache: MemoryCache
    time: Time
    key: str
    publishable: str


@pytest.fixture
def house(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    publish(aws, PUBLISHED)
    time, cache = Time(), MemoryCache()
    with tapped() as wire:
        built = build(
            Settings.load(aws.variables), clock=time.clock, tick=time.tick, plan_cache=cache
        )
        monkeypatch.setattr("functions.decide_next_step.handler.wiring", lambda: built)
        keys = api_key(aws), api_key(aws, "publishable")
        wire.calls.clear()
        yield House(aws, wire, cache, time, *keys)


def started(house: House, **asked: object) -> str:
    """A session, warm: its id."""
    answer = decide(house.key, **asked)
    assert answer.status == 200, answer.body
    house.cloud.received("events")
    house.wire.calls.clear()
    return str(answer.json()["session_id"])


def code(answer: Answered) -> tuple[int, str]:
    return answer.status, answer.json()["code"]


def pointers(answer: Answered) -> list[str]:
    return [each["pointer"] for each in answer.json()["errors"]]


def test_the_first_decision_starts_a_session_and_carries_its_id(house: House) -> None:
    answer = decide(house.key).json()
    assert answer["session_id"].startswith("ses_")
    assert answer["plan"]["step_id"] == "welcome"
    assert types(house.cloud) == ["session.started", "decision.made"]


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
    session_id, shown, step = started(house), [], {"fields": []}
    while step is not None:
        given = {each["id"]: answers[each["id"]] for each in step["fields"] if each["required"]}
        step = decide(house.key, session_id=session_id, answers=given).json()["plan"]
        shown.append(step["step_id"])
        step = step if step["step_id"] != "complete" else None
    assert shown == ["welcome", "account", "company_details", "goals", "integrations", "plan",
                     "confirm", "complete"]  # fmt: skip
    ended = got(SESSION, session_id, house.key).json()["plan"]
    assert (ended["progress"], ended["fields"]) == (1.0, [])
    assert ended["ctas"] == [{"action": "open", "label": "Open it"}]


def test_the_rules_read_what_the_visitor_did(house: House) -> None:
    asked = {"company_name": "Engines", "company_size": "51-200", "country": "DE"}
    session_id = started(
        house, answers=asked | {"goal": "explore", "full_name": "A", "work_email": "a@b"}
    )
    decide(house.key, session_id=session_id)
    focused = [
        {
            "id": f"e-{field}",
            "type": "field.focused",
            "field": field,
            "at": f"2026-11-20T09:59:{at}Z",
        }
        for field, at in (("vat_id", "10"), ("legal_name", "20"), ("billing_email", "30"))
    ]
    answer = decide(house.key, session_id=session_id, events=focused).json()
    assert answer["behavior"]["hesitations"] == 3
    assert [field["id"] for field in answer["plan"]["fields"]] == ["vat_id"]
    assert answer["reasons"][-1]["code"] == "rule.short_tax_after_hesitation"


def test_time_on_a_step_counts_from_when_it_was_shown(house: House) -> None:
    session_id = started(house)
    house.time.passes(8.2)
    assert decide(house.key, session_id=session_id).json()["behavior"]["time_on_step_ms"] == 8_200


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


def test_a_decision_can_be_read_by_a_secret_key_only(house: House) -> None:
    made = decide(house.key).json()
    read = got(DECISION, made["id"], house.key)
    assert read.json() | {"timing_ms": None} == made | {"timing_ms": None}
    assert code(got(DECISION, made["id"], house.publishable)) == (403, "access.scope_missing")


def test_a_session_is_started_without_deciding(house: House) -> None:
    answer = posted(START, {"flow": "onboarding"}, house.publishable)
    assert answer.status == 201
    session = answer.json()
    assert (session["decisions"], session["plan"]) == (0, None)
    assert types(house.cloud) == ["session.started"]
    assert decide(house.publishable, session_id=session["session_id"]).status == 200
    assert types(house.cloud) == ["decision.made"]


def test_an_unknown_flow_is_not_found(house: House) -> None:
    assert code(decide(house.key, flow="offboarding")) == (404, "flow.not_found")
    assert code(posted(START, {"flow": "offboarding"}, house.key)) == (404, "flow.not_found")


def test_a_flow_that_cannot_be_read_does_not_sink_the_others(house: House) -> None:
    broken = {**ONBOARDING, "id": "broken", "steps": []}
    publish(house.cloud, {**PUBLISHED, (Kind.FLOW, "broken"): broken})
    assert code(decide(house.key, flow="broken")) == (422, "flow.unreadable")
    assert decide(house.key).status == 200


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
    assert types(house.cloud) == ["session.started", "decision.made"]
    assert decide(house.key, session_id="import-7").status == 200
    assert types(house.cloud) == ["decision.made"]
    taken = posted(START, {"session_id": "import-7"}, house.key)
    assert code(taken) == (409, "session.taken")


def test_a_brought_session_stays_closed_to_publishable_keys(house: House) -> None:
    guessed = "ses_" + "1" * 32
    started(house, session_id=guessed)
    assert code(got(SESSION, guessed, house.publishable)) == (404, "session.not_found")
    assert code(decide(house.publishable, session_id=guessed)) == (404, "session.not_found")


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


@pytest.mark.parametrize(
    ("body", "expected", "at"),
    [
        ({"answers": {"shoe_size": 43}}, "answer.unknown_field", "/answers/shoe_size"),
        ({"answers": {"company_size": "huge"}}, "answer.invalid", "/answers/company_size"),
        ({"answers": {"work_email": "ada"}}, "answer.invalid", "/answers/work_email"),
        ({"answers": {"go_live": "soon"}}, "answer.invalid", "/answers/go_live"),
        ({"answers": {"seats": "three"}}, "answer.invalid", "/answers/seats"),
        ({"answers": {"accepts_terms": "yes"}}, "answer.invalid", "/answers/accepts_terms"),
        ({"answers": {"outcomes": ["fame"]}}, "answer.invalid", "/answers/outcomes"),
        ({"answers": {"outcomes": "retention"}}, "answer.invalid", "/answers/outcomes"),
        ({"answers": {"company_name": True}}, "answer.invalid", "/answers/company_name"),
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
        ({"surface": "banner"}, "request.literal_error", "/surface"),
        ({"extra": 1}, "request.extra_forbidden", "/extra"),
        ({"subject": {"id": ""}}, "request.string_too_short", "/subject/id"),
        ({"session_id": "a#b"}, "request.string_pattern_mismatch", "/session_id"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_pointer(
    body: Mapping[str, object], expected: str, at: str, house: House
) -> None:
    answer = decide(house.key, **body)
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    (error,) = answer.json()["errors"]
    assert (error["code"], error["pointer"]) == (expected, at)
    assert types(house.cloud) == []


def test_deep_and_huge_values_are_refused(house: House) -> None:
    deep = {"a": {"b": {"c": {}}}}
    assert decide(house.key, answers={"goal": deep}).status == 400
    assert decide(house.key, subject={"id": "u", "traits": {"deep": deep}}).status == 400
    assert decide(house.key, answers={"seats": 10**400}).status == 400
    assert decide(house.key, answers={"company_name": "x" * 4_001}).status == 400
    assert (
        decide(
            house.key, subject={"id": "u", "traits": dict.fromkeys(map(str, range(51)), 1)}
        ).status
        == 400
    )


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"text"', '{"flow": "\\ud800"}'])
def test_a_malformed_body_is_refused(body: str, house: House) -> None:
    assert posted(DECIDE, body, house.key).status == 400
    assert posted(START, body, house.key).status == 400


def test_an_oversized_body_is_refused(house: House) -> None:
    body = json.dumps({"flow": "onboarding", "padding": "x" * BODY_BYTES})
    assert code(posted(DECIDE, body, house.key)) == (413, "request.too_large")


def test_a_session_that_holds_too_much_is_refused(house: House) -> None:
    texts = dict.fromkeys(("full_name", "company_name", "website", "notes"), "x" * 4000)
    many = [{"value": f"o{number}", "label": "o"} for number in range(10)]
    wide = {
        **ONBOARDING,
        "steps": [
            {
                "id": "wide",
                "title": "Wide",
                "ctas": [{"action": "go", "label": "Go"}],
                "fields": [{"id": f"f{n}", "kind": "text", "label": "F"} for n in range(50)],
            },
            {
                "id": "wider",
                "title": "Wider",
                "ctas": [{"action": "go", "label": "Go"}],
                "fields": [{"id": f"g{n}", "kind": "text", "label": "G"} for n in range(50)],
            },
        ],
        "order": [],
        "rules": [],
        "personas": [],
    }
    assert texts
    assert many
    publish(house.cloud, {(Kind.FLOW, "onboarding"): wide})
    session_id = started(house, answers={f"f{n}": "x" * 4_000 for n in range(50)})
    answer = decide(
        house.key, session_id=session_id, answers={f"g{n}": "x" * 4_000 for n in range(50)}
    )
    assert code(answer) == (413, "session.too_large")


@pytest.mark.parametrize("key", [None, "sk_demo_" + "0" * 48, "nonsense"])
def test_without_a_good_key_nothing_is_answered(key: str | None, house: House) -> None:
    assert decide(key).status == 401
    assert got(SESSION, "ses_" + "0" * 32, key).status == 401


def test_a_wrong_clock_is_no_reason_not_to_decide(house: House) -> None:
    late = [{"id": "e", "type": "page.viewed", "at": "2031-01-01T00:00:00Z"}]
    assert decide(house.key, events=late).status == 200
    assert types(house.cloud) == ["session.started", "decision.made"]


def test_the_events_of_a_request_travel_with_its_decision(house: House) -> None:
    session_id = started(house)
    decide(
        house.key, session_id=session_id, events=[{"id": "e-1", "type": "page.viewed", "path": "/"}]
    )
    events = reported(house.cloud)
    assert [event.type for event in events] == ["page.viewed", "decision.made"]
    assert {event.session_id for event in events} == {session_id}
    assert events[0].attributes == {"path": "/"}


def test_decision_made_says_what_was_decided(house: House) -> None:
    decide(house.key, subject={"id": "u-7", "traits": {"returning": True}})
    _, made = reported(house.cloud)
    assert (
        made.attributes.items()
        >= {
            "source": "rules",
            "flow": "onboarding",
            "flow_version": 1,
            "step": "company_details",
            "persona": "returning_business",
            "degraded": "none",
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


def test_a_subject_finds_its_sessions(house: House) -> None:
    session_id = started(house, subject={"id": "u-42"})
    found = boto3.client("dynamodb").query(
        TableName=house.cloud.table("sessions"),
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "demo#subject#u-42"}},
    )["Items"]
    assert [item["sk"]["S"] for item in found] == [f"session#{session_id}"]


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


def test_throttled_reads_degrade_to_the_words_of_the_request(house: House) -> None:
    session_id = started(house)
    house.wire.refusing.add("BatchGetItem")
    house.time.passes(5)
    answer = decide(house.key, session_id=session_id, answers={"goal": "explore"}).json()
    assert answer["degraded"]["code"] == "store_unavailable"
    assert (answer["plan"]["step_id"], answer["session_id"]) == ("account", session_id)
    assert answer["explanation"] is None
    (made,) = reported(house.cloud)
    assert (made.type, made.attributes["degraded"]) == ("decision.made", "store_unavailable")


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
    (made,) = reported(house.cloud)
    assert (made.type, made.session_id) == ("decision.made", None)


def test_unknown_configuration_and_throttled_tables_are_503(house: House) -> None:
    decide(house.key, flow="offboarding")
    other = api_key(house.cloud, workspace="other")
    got(SESSION, "ses_" + "0" * 32, other)
    house.wire.refusing.add("BatchGetItem")
    answer = decide(other)
    assert code(answer) == (503, "store_unavailable")
    assert answer.headers["retry-after"] == "1"


def test_a_key_that_cannot_be_looked_up_is_503(house: House) -> None:
    house.wire.refusing.add("GetItem")
    assert code(decide(house.key)) == (503, "store_unavailable")


def test_a_session_is_not_started_on_throttled_tables(house: House) -> None:
    started(house)
    house.wire.refusing.add("TransactWriteItems")
    assert code(posted(START, {}, house.key)) == (503, "store_unavailable")
    assert types(house.cloud) == []


def test_what_the_queue_refuses_waits_in_the_outbox(house: House) -> None:
    session_id = started(house)
    house.wire.refusing.add("SendMessageBatch")
    assert decide(house.key, session_id=session_id).json()["degraded"] is None
    items = boto3.client("dynamodb").scan(TableName=house.cloud.table("decisions"))["Items"]
    (waiting,) = [item for item in items if item["pk"]["S"].startswith("_system#outbox#")]
    assert '"decision.made"' in waiting["body"]["S"]


def test_a_deadline_that_lambda_cannot_keep_is_shortened(house: House) -> None:
    answer = decide(house.key, context=Context(remaining_ms=150))
    assert code(answer) == (503, "store_unavailable")


ONCE: Final = {"idempotency-key": "0b0a7c1e-5a4f-4a66-9b7e-4d1f3d9c2a10"}


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
    assert types(house.cloud) == ["session.started", "decision.made"]


def test_another_request_with_the_same_key_is_refused(house: House) -> None:
    posted(DECIDE, {"flow": "onboarding"}, house.key, headers=ONCE)
    other = posted(DECIDE, {"flow": "onboarding", "deadline_ms": 900}, house.key, headers=ONCE)
    assert code(other) == (422, "idempotency.mismatch")
    assert code(posted(START, {}, house.key, headers=ONCE)) == (422, "idempotency.mismatch")


def test_a_session_is_started_once_for_one_key(house: House) -> None:
    first = posted(START, {}, house.key, headers=ONCE).json()
    again = posted(START, {}, house.key, headers=ONCE).json()
    assert first["session_id"] == again["session_id"]
    assert types(house.cloud) == ["session.started"]


def test_an_idempotency_key_is_forgotten_after_a_day(house: House) -> None:
    first = posted(DECIDE, {"flow": "onboarding"}, house.key, headers=ONCE).json()
    house.time.passes(86_400)
    second = posted(DECIDE, {"flow": "onboarding"}, house.key, headers=ONCE).json()
    assert first["id"] != second["id"]


@pytest.mark.parametrize("bad", ["", "x" * 256, "a b", "ä"])
def test_an_idempotency_key_is_visible_ascii(bad: str, house: House) -> None:
    answer = posted(DECIDE, {"flow": "onboarding"}, house.key, headers={"idempotency-key": bad})
    assert code(answer) == (400, "idempotency.invalid_key")


@pytest.mark.parametrize("case", GOLDEN_ANSWERS)
def test_golden_events_are_answered(case: str, house: House) -> None:
    event = (GOLDEN / f"{case}.json").read_text()
    for kind, key in (("secret", house.key), ("publishable", house.publishable)):
        event = event.replace("{{" + kind + "_key}}", key)
    answer = answered(handler(json.loads(event), Context()))
    body = answer.json()
    assert (answer.status, body.get("source", body.get("code", ""))) == GOLDEN_ANSWERS[case]


def test_every_golden_event_is_tested() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(GOLDEN_ANSWERS)
