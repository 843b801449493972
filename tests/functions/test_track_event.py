"""track-event on moto: every form of a batch, every refusal, and what reaches the queue."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from cairn.events.model import BATCH_BYTES, Parcel
from cairn.events.model import Event as Taken
from cairn.platform.observability.correlation import pseudonym
from functions.track_event.handler import handler
from functions.track_event.settings import Settings
from functions.track_event.wiring import build
from tests.functions.callers import Answered, Context, answered, api_key, http_event
from tests.functions.cloud import SHARDS, Cloud
from tests.functions.refusals import Wire, tapped
from tests.parcels import NOW, SESSION

ROUTE: Final = "POST /v1/events"
TRACE: Final = "0af7651916cd43dd8448eb211c80319c"
GOLDEN: Final = Path(__file__).parents[2] / "events" / "track-event"
GOLDEN_ANSWERS: Final[Mapping[str, tuple[int, int, list[str]]]] = {
    "plain": (202, 3, []),
    "beacon": (202, 1, []),
    "clock-behind": (202, 2, []),
    "cloudevent-binary": (202, 1, []),
    "cloudevent": (202, 1, []),
    "cloudevents-batch": (202, 2, []),
    "mixed": (
        202,
        1,
        [
            "event.unknown_type",
            "event.invalid",
            "event.no_owner",
            "event.in_future",
            "event.session_not_yours",
        ],
    ),
    "malformed": (400, 0, []),
}
"""Per golden event: the status, how many are accepted, and the codes of the rejected."""

type Plain = dict[str, Any]  # Any: JSON as a client writes it


@pytest.fixture(autouse=True)
def wire(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """A fresh wiring for each test, and what passes over it."""
    with tapped() as wire:
        built = build(Settings.load(aws.variables), clock=lambda: NOW)
        monkeypatch.setattr("functions.track_event.handler.wiring", lambda: built)
        yield wire


@pytest.fixture
def key(aws: Cloud) -> str:
    return api_key(aws)


@pytest.fixture
def publishable(aws: Cloud) -> str:
    return api_key(aws, "publishable")


def send(body: object, key: str | None, **parts: Mapping[str, str]) -> Answered:
    return answered(handler(http_event(ROUTE, body, key=key, **parts), Context()))


def page(identifier: str, **fields: object) -> Plain:
    return {"id": identifier, "type": "page.viewed", "session_id": SESSION, **fields}


def codes(answer: Answered) -> list[str]:
    return [each["code"] for each in answer.json()["rejected"]]


def test_a_number_that_is_too_long_refuses_its_event_alone(key: str) -> None:
    body = json.dumps({"events": [page("e-1", load_ms=7), page("e-2", note=1)]})
    answer = send(body.replace('"note": 1', '"note": ' + "9" * 5_000), key)
    assert (answer.json()["accepted"], codes(answer)) == (1, ["event.invalid"])


def queued(aws: Cloud) -> list[Parcel]:
    return [Parcel.model_validate_json(body) for body in aws.received("events")]


def taken(aws: Cloud) -> list[Taken]:
    """The visitors' events in the queue, by arrival, without what the function reports itself."""
    events = [event for parcel in queued(aws) for event in parcel.events]
    return [event for event in events if event.type != "request.completed"]


def test_accepted_events_are_in_the_queue_in_their_order(aws: Cloud, key: str) -> None:
    answer = send(
        {"events": [page("a"), page("b", kind="product", at="2026-11-20T09:00:00+02:00")]}, key
    )
    assert answer.status == 202
    assert answer.json() == {
        "accepted": 2,
        "repeated": 0,
        "rejected": [],
        "retryable": [],
        "redacted": [],
        "clock_skew_ms": None,
    }
    first, second = taken(aws)
    assert (first.id, second.id) == ("a", "b")
    assert first.at == NOW
    assert second.at.isoformat() == "2026-11-20T07:00:00+00:00"
    assert second.text("kind") == "product"


def test_that_a_batch_was_taken_is_reported_in_the_same_parcel(
    aws: Cloud, key: str, wire: Wire
) -> None:
    traceparent = f"00-{TRACE}-00f067aa0ba902b7-01"
    send({"events": [page("a")]}, key, headers={"traceparent": traceparent})
    (parcel,) = queued(aws)
    visited, answered_ = parcel.events
    assert answered_.type == "request.completed"
    assert answered_.owner == visited.owner
    assert (answered_.text("operation"), answered_.text("status")) == (ROUTE, "202")
    assert {event.text("trace_id") for event in parcel.events} == {TRACE}
    assert wire.calls["SendMessageBatch"] == 1


def test_where_nothing_is_taken_only_the_request_is_told_of(aws: Cloud, key: str) -> None:
    for batch in ([], [page("a", type="nope.nope")]):
        assert send({"events": batch}, key).status == 202
    assert reported(aws) == [(ROUTE, 202, None)] * 2


@pytest.mark.parametrize("sessions", [1, 25, 500])
def test_a_full_batch_needs_one_send_per_ten_parcels(
    aws: Cloud, key: str, wire: Wire, sessions: int
) -> None:
    batch = [page(f"e-{number}", session_id=f"s-{number % sessions}") for number in range(500)]
    assert send({"events": batch}, key).json()["accepted"] == 500
    parcels = queued(aws)
    assert len(parcels) <= 500 // 50 + SHARDS
    assert wire.calls["SendMessageBatch"] == -(-len(parcels) // 10)
    assert sum(len(parcel.events) for parcel in parcels) == 501


def test_a_clock_that_is_off_is_corrected_and_told(
    aws: Cloud, publishable: str, caplog: pytest.LogCaptureFixture
) -> None:
    body = {"events": [page("a", at="2026-11-20T08:58:30Z")], "sent_at": "2026-11-20T09:00:00Z"}
    answer = send(
        json.dumps(body), None, query={"key": publishable}, headers={"content-type": "text/plain"}
    )
    assert answer.json()["clock_skew_ms"] == 3_630_000
    assert vars(caplog.records[-1])["clock_skew_ms"] == 3_630_000
    (event,) = taken(aws)
    assert event.at == NOW - timedelta(seconds=90)
    assert event.text("client_at") == "2026-11-20T08:58:30.000Z"


def test_a_retry_is_the_same_parcel_though_it_is_a_little_later(aws: Cloud, key: str) -> None:
    for sent_at in ("2026-11-20T09:00:00Z", "2026-11-20T09:00:00.250Z"):
        send({"events": [page("a", at="2026-11-20T08:58:30Z")], "sent_at": sent_at}, key)
    assert len(queued(aws)) == 1


def test_personal_values_do_not_reach_the_queue(
    aws: Cloud, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    personal = page(
        "b", subject="u-42", email="ada@example.com", path="/reset?mail=ada@example.com"
    )
    answer = send({"events": [page("a"), personal]}, key)
    assert (answer.json()["accepted"], answer.json()["redacted"]) == (2, [1])
    (body,) = aws.received("events")
    told = body + str([vars(record) for record in caplog.records])
    assert "@" not in told
    assert "u-42" not in told


def test_a_cloud_event_comes_in_binary_mode_too(aws: Cloud, key: str) -> None:
    headers = {
        "content-type": "application/json",
        "ce-specversion": "1.0",
        "ce-id": "c-1",
        "ce-type": "page.viewed",
        "ce-source": "/shop",
        "ce-time": "2026-11-20T09:30:00Z",
    }
    assert send({"kind": "product"}, key, headers=headers).json()["accepted"] == 1
    (event,) = taken(aws)
    assert (event.id, event.source, event.text("kind")) == ("c-1", "/shop", "product")


def test_a_resent_batch_is_dropped_by_the_queue(aws: Cloud, key: str) -> None:
    batch = {"events": [page("a"), page("b")]}
    assert send(batch, key).json() == send(batch, key).json()
    assert len(queued(aws)) == 1


def test_an_event_repeated_within_a_request_is_taken_once(aws: Cloud, key: str) -> None:
    other = "ses_" + "b" * 32
    answer = send({"events": [page("a"), page("a"), page("a", session_id=other)]}, key)
    assert (answer.json()["accepted"], answer.json()["repeated"]) == (2, 1)
    assert len(taken(aws)) == 2


def test_an_invalid_event_is_rejected_alone(aws: Cloud, key: str) -> None:
    batch = [page("good"), page("a", type="page.teleported"), "not an event", page("also-good")]
    answer = send({"events": batch}, key)
    assert answer.status == 202
    assert answer.json()["accepted"] == 2
    assert [(each["index"], each["code"]) for each in answer.json()["rejected"]] == [
        (1, "event.unknown_type"),
        (2, "event.invalid"),
    ]
    assert len(queued(aws)) == 1


def test_a_publishable_key_sends_for_issued_sessions_only(publishable: str) -> None:
    answer = send({"events": [page("a"), page("b", session_id="mine")]}, publishable)
    assert (answer.json()["accepted"], codes(answer)) == (1, ["event.session_not_yours"])


def test_a_secret_key_brings_its_own_sessions(key: str) -> None:
    assert send({"events": [page("a", session_id="import:2019.1")]}, key).json()["accepted"] == 1


def test_what_cairn_reports_itself_is_not_taken_from_a_page(publishable: str, key: str) -> None:
    decision = page("a", type="decision.made", source="crm", attributes={"source": "rules"})
    assert codes(send({"events": [decision]}, publishable)) == ["event.type_reserved"]
    assert send({"events": [decision]}, key).json()["accepted"] == 1


def test_a_refusing_queue_makes_events_retryable(key: str, wire: Wire) -> None:
    wire.refusing.add("SendMessageBatch")
    answer = send({"events": [page("a"), page("a"), page("b", type="nope.nope"), page("c")]}, key)
    assert answer.status == 202
    assert answer.json()["retryable"] == [0, 3]
    assert (answer.json()["accepted"], answer.json()["repeated"]) == (0, 1)


def test_characters_that_the_queue_refuses_travel_escaped(aws: Cloud, key: str) -> None:
    assert send({"events": [page("\uffff\u0001 ü")]}, key).json()["accepted"] == 1
    (body,) = aws.received("events")
    assert body.isascii()
    assert Parcel.model_validate_json(body).events[0].id == "\uffff\u0001 ü"


def test_a_beacon_is_read_as_plain_json(publishable: str) -> None:
    answer = send(
        json.dumps({"events": [page("a")]}),
        None,
        query={"key": publishable},
        headers={"content-type": "text/plain;charset=UTF-8"},
    )
    assert answer.json()["accepted"] == 1


def test_a_cloud_event_is_taken_by_its_own_names(aws: Cloud, key: str) -> None:
    event = {
        "specversion": "1.0",
        "id": "c-1",
        "type": "page.viewed",
        "source": "/shop",
        "subject": "u-42",
        "time": "2026-11-20T09:30:00Z",
        "sessionid": SESSION,
        "datacontenttype": "application/json",
        "data": {"kind": "product", "nothing": None},
    }
    headers = {"content-type": "application/cloudevents+json"}
    assert send(event, key, headers=headers).json()["accepted"] == 1
    (found,) = taken(aws)
    assert (found.session_id, found.source) == (SESSION, "/shop")
    assert found.subject == pseudonym("demo", "u-42")
    assert found.attributes.keys() == {"kind", "trace_id"}


def test_a_batch_of_cloud_events_is_answered_one_by_one(key: str) -> None:
    good = {"specversion": "1.0", "id": "c-1", "type": "page.viewed", "source": "/shop"}
    batch = [good, {**good, "specversion": "0.3"}, {**good, "id": "c-2", "data": "text"}]
    headers = {"content-type": "application/cloudevents-batch+json"}
    answer = send(batch, key, headers=headers)
    assert answer.json()["accepted"] == 1
    assert codes(answer) == ["event.invalid", "event.invalid"]


def test_a_request_that_is_no_batch_gets_a_problem(key: str) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    too_large = " " * (BATCH_BYTES + 1)
    answers = [
        send("{", key),
        send([], key),
        send("a=b", key, headers=form),
        send({"events": []}, key, headers={"content-type": "text/plain;charset=latin1"}),
        send({"events": [], "sent_at": "yesterday"}, key),
        send({"events": [{}] * 501}, key),
        send(too_large, key),
    ]
    assert [(each.status, each.json()["code"]) for each in answers] == [
        (400, "request.malformed_json"),
        (400, "request.invalid"),
        (415, "request.media_type_unsupported"),
        (415, "request.charset_unsupported"),
        (400, "request.invalid"),
        (413, "request.too_many_events"),
        (413, "request.too_large"),
    ]
    assert {each.headers["content-type"] for each in answers} == {"application/problem+json"}


def test_no_key_is_401_and_a_throttled_table_503(key: str, wire: Wire) -> None:
    assert send({"events": []}, None).status == 401
    wire.refusing.add("GetItem")
    answer = send({"events": []}, key)
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["code"] == "store_unavailable"


@pytest.mark.parametrize("case", GOLDEN_ANSWERS)
def test_golden_events_are_answered(case: str, key: str, publishable: str) -> None:
    text = (GOLDEN / f"{case}.json").read_text()
    filled = text.replace("{{secret_key}}", key).replace("{{publishable_key}}", publishable)
    answer = answered(handler(json.loads(filled), Context()))
    status, accepted, rejected = GOLDEN_ANSWERS[case]
    assert answer.status == status
    if status == 202:
        assert (answer.json()["accepted"], codes(answer)) == (accepted, rejected)


def test_every_golden_event_is_tested() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(GOLDEN_ANSWERS)


def reported(aws: Cloud) -> list[tuple[object, ...]]:
    """Operation, status and code of every request that was told of."""
    return [
        tuple(event.attributes.get(name) for name in ("operation", "status", "code"))
        for parcel in queued(aws)
        for event in parcel.events
        if event.type == "request.completed"
    ]


def test_a_refused_request_is_told_of_with_its_status(aws: Cloud, key: str, wire: Wire) -> None:
    assert send("{", key).status == 400
    assert send({"events": [{"id": "e-1"}]}, key).status == 202
    assert wire.calls["SendMessageBatch"] == 2
    assert reported(aws) == [
        (ROUTE, 400, "request.malformed_json"),
        (ROUTE, 202, None),
    ]


def test_a_request_of_nobody_known_is_not_told_of(aws: Cloud, wire: Wire) -> None:
    assert send({"events": [page("e-1")]}, "sk_unknown").status == 401
    assert wire.calls["SendMessageBatch"] == 0
    assert reported(aws) == []


def test_a_refusal_is_answered_where_the_queue_is_down(key: str, wire: Wire) -> None:
    wire.refusing.add("SendMessageBatch")
    assert send("{", key).status == 400
