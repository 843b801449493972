"""track-event on moto: every form of a batch, every refusal, and what reaches the queue."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from cairn.events.model import BATCH_BYTES, Parcel
from functions.track_event.handler import handler
from functions.track_event.settings import Settings
from functions.track_event.wiring import build
from tests.functions.callers import Answered, Context, answered, api_key, http_event
from tests.functions.cloud import SHARDS, Cloud
from tests.functions.refusals import Wire, tapped
from tests.parcels import NOW, SESSION

ROUTE: Final = "POST /v1/events"
GOLDEN: Final = Path(__file__).parents[2] / "events" / "track-event"
GOLDEN_ANSWERS: Final[Mapping[str, tuple[int, int, list[str]]]] = {
    "plain": (202, 3, []),
    "beacon": (202, 1, []),
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
        built = build(Settings.load(aws.variables), lambda: NOW)
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


def queued(aws: Cloud) -> list[Parcel]:
    return [Parcel.model_validate_json(body) for body in aws.received("events")]


def test_accepted_events_are_in_the_queue_in_their_order(aws: Cloud, key: str) -> None:
    answer = send(
        {"events": [page("a"), page("b", kind="product", at="2026-11-20T09:00:00+02:00")]}, key
    )
    assert answer.status == 202
    assert answer.json() == {"accepted": 2, "repeated": 0, "rejected": [], "retryable": []}
    (parcel,) = queued(aws)
    assert [event.id for event in parcel.events] == ["a", "b"]
    assert parcel.events[0].at == NOW
    assert parcel.events[1].at.isoformat() == "2026-11-20T07:00:00+00:00"
    assert parcel.events[1].attributes == {"kind": "product"}


def test_a_full_batch_needs_one_send_per_ten_parcels(aws: Cloud, key: str, wire: Wire) -> None:
    batch = [page(f"e-{number}", session_id=f"s-{number % 25}") for number in range(500)]
    assert send({"events": batch}, key).json()["accepted"] == 500
    parcels = queued(aws)
    assert len(parcels) <= 500 // 50 + SHARDS
    assert wire.calls["SendMessageBatch"] == -(-len(parcels) // 10)


def test_a_resent_batch_is_dropped_by_the_queue(aws: Cloud, key: str) -> None:
    batch = {"events": [page("a"), page("b")]}
    assert send(batch, key).json() == send(batch, key).json()
    assert len(queued(aws)) == 1


def test_an_event_repeated_within_a_request_is_taken_once(aws: Cloud, key: str) -> None:
    other = "ses_" + "b" * 32
    answer = send({"events": [page("a"), page("a"), page("a", session_id=other)]}, key)
    assert (answer.json()["accepted"], answer.json()["repeated"]) == (2, 1)
    assert sum(len(parcel.events) for parcel in queued(aws)) == 2


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
    assert send({"events": [page("a", kind="\uffff\u0001 ü")]}, key).json()["accepted"] == 1
    (body,) = aws.received("events")
    assert body.isascii()
    assert Parcel.model_validate_json(body).events[0].attributes["kind"] == "\uffff\u0001 ü"


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
    (taken,) = queued(aws)[0].events
    assert (taken.session_id, taken.source, taken.subject) == (SESSION, "/shop", "u-42")
    assert taken.attributes == {"kind": "product"}


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
        send({"events": [{}] * 501}, key),
        send(too_large, key),
    ]
    assert [(each.status, each.json()["code"]) for each in answers] == [
        (400, "request.malformed_json"),
        (400, "request.invalid"),
        (415, "request.media_type_unsupported"),
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
