"""flag-eval on moto: over HTTP, with keys, configuration, golden events and counted trips."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.model import OperationModel

from cairn.configuration.model import Kind
from cairn.platform.aws import HOOKS
from functions.flag_eval.handler import handler
from functions.flag_eval.settings import Settings
from functions.flag_eval.wiring import build
from tests.functions.callers import Answered, Context, answered, api_key, http_event
from tests.functions.cloud import Cloud
from tests.functions.publishing import publish

ONE: Final = "POST /ofrep/v1/evaluate/flags/{key+}"
ALL: Final = "POST /ofrep/v1/evaluate/flags"
FEATURES: Final = "GET /api/features/{client_key}"
HOOK: Final = "before-call.dynamodb"
GOLDEN: Final = Path(__file__).parents[2] / "events" / "flag-eval"

FLAGS: Final[Mapping[tuple[Kind, str], Mapping[str, object]]] = {
    (Kind.FLAG, "adaptive-onboarding"): {
        "kind": "flag",
        "id": "adaptive-onboarding",
        "type": "boolean",
        "default": "off",
        "rules": [{"id": "everyone", "variation": "on", "coverage": 1.0, "split": None}],
    },
    (Kind.FLAG, "welcome"): {
        "kind": "flag",
        "id": "welcome",
        "type": "string",
        "variations": {"plain": "Hello", "warm": "Good to see you"},
        "default": "plain",
        "rules": [
            {"id": "germans", "when": {"country": "DE"}, "variation": "warm"},
            {"id": "half", "split": {"plain": 0.5, "warm": 0.5}},
        ],
    },
}


NOON: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Noon:
    """A clock that stands at noon, and goes on when told."""

    now = NOON

    def __call__(self) -> datetime:
        return self.now


class Passing:
    """Seconds that pass only when told."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Wire:
    """What passes between the function and its tables.

    Attributes:
        calls: the operations that were called.
        throttled: whether every call is refused for load.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.throttled = False

    def __call__(self, model: OperationModel, **_: object) -> tuple[AWSResponse, object] | None:
        self.calls.append(model.name)
        if not self.throttled:
            return None
        refused = {"Code": "ThrottlingException", "Message": "slow down"}
        parsed = {"Error": refused, "ResponseMetadata": {"HTTPStatusCode": 400}}
        return AWSResponse("", 400, HTTPHeaders(), None), parsed


@pytest.fixture
def tick() -> Passing:
    return Passing()


@pytest.fixture
def clock() -> Noon:
    return Noon()


@pytest.fixture(autouse=True)
def wire(aws: Cloud, tick: Passing, clock: Noon, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """A fresh wiring for each test, and what passes over it."""
    watched = Wire()
    HOOKS.register(HOOK, watched)  # type: ignore[arg-type]  # it may answer
    built = build(Settings.load(aws.variables), clock=clock, tick=tick)
    monkeypatch.setattr("functions.flag_eval.handler.wiring", lambda: built)
    yield watched
    HOOKS.unregister(HOOK, watched)  # type: ignore[arg-type]  # the same


@pytest.fixture
def key(aws: Cloud) -> str:
    publish(aws, FLAGS)
    return api_key(aws, "publishable")


def call(event: Mapping[str, object]) -> Answered:
    return answered(handler(event, Context()))


def one(name: str, body: object, key: str | None) -> Answered:
    return call(http_event(ONE, body, key=key, path={"key": name}))


def test_one_flag_is_evaluated(key: str) -> None:
    answer = one("welcome", {"context": {"country": "DE"}}, key)
    assert answer.status == 200
    assert answer.json() == {
        "key": "welcome",
        "value": "Good to see you",
        "variant": "warm",
        "reason": "TARGETING_MATCH",
        "metadata": {"version": 1, "rule": "germans"},
    }


def test_all_flags_are_evaluated_and_not_sent_again_while_nothing_changes(
    aws: Cloud, key: str, tick: Passing
) -> None:
    body = {"context": {"targetingKey": "u-42"}}
    answer = call(http_event(ALL, body, key=key))
    assert answer.status == 200
    assert [flag["key"] for flag in answer.json()["flags"]] == ["adaptive-onboarding", "welcome"]
    tagged = {"if-none-match": answer.headers["etag"]}
    again = call(http_event(ALL, body, key=key, headers=tagged))
    assert (again.status, again.body) == (304, "")
    publish(aws, {name: each for name, each in FLAGS.items() if name[1] == "welcome"})
    tick.now += 0.5
    changed = call(http_event(ALL, body, key=key, headers=tagged))
    assert changed.status == 200
    assert len(changed.json()["flags"]) == 1


def test_a_change_by_itself_is_seen_at_its_instant_and_not_before(
    aws: Cloud, key: str, clock: Noon, wire: Wire
) -> None:
    assert key
    opening = {"id": "opening", "variation": "on", "from": "2026-11-20T13:00:00Z"}
    sale: Mapping[str, object] = {
        "kind": "flag",
        "id": "sale",
        "type": "boolean",
        "default": "off",
        "rules": [opening],
    }
    publish(aws, {(Kind.FLAG, "sale"): sale}, workspace="shop")
    shop = api_key(aws, workspace="shop")
    closed = call(http_event(ALL, {"context": {}}, key=shop))
    tagged = {"if-none-match": closed.headers["etag"]}
    clock.now = NOON + timedelta(minutes=59, seconds=59)
    assert call(http_event(ALL, {"context": {}}, key=shop, headers=tagged)).status == 304
    wire.calls.clear()
    clock.now = NOON + timedelta(hours=1)
    opened = call(http_event(ALL, {"context": {}}, key=shop, headers=tagged))
    assert [flag["value"] for flag in opened.json()["flags"]] == [True]
    assert wire.calls == []


def test_features_are_for_the_key_in_the_address_and_only_a_publishable_one(
    aws: Cloud, key: str
) -> None:
    answer = call(http_event(FEATURES, path={"client_key": key}))
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-cache"
    welcome = answer.json()["features"]["welcome"]
    assert welcome["defaultValue"] == "Hello"
    assert welcome["rules"][0] == {
        "id": "germans",
        "condition": {"country": "DE"},
        "force": "Good to see you",
    }
    held = {"if-none-match": answer.headers["etag"]}
    again = call(http_event(FEATURES, path={"client_key": key}, headers=held))
    assert (again.status, again.body) == (304, "")
    for refused in (api_key(aws), "pk_demo_" + "0" * 48, "sdk-abc123"):
        shown = call(http_event(FEATURES, path={"client_key": refused}))
        assert (shown.status, shown.headers["content-type"]) == (401, "application/problem+json")
        asked = http_event(FEATURES, path={"client_key": refused}, key=key)
        assert call(asked).status == 401, "the key in the address decides"


def test_features_of_a_workspace_are_not_those_of_another(aws: Cloud, key: str) -> None:
    assert key.startswith("pk_demo_")
    other = api_key(aws, "publishable", workspace="other")
    answer = call(http_event(FEATURES, path={"client_key": other}))
    assert answer.json() == {"features": {}, "savedGroups": {}}


def test_without_a_good_key_nothing_is_said(key: str) -> None:
    assert key.startswith("pk_")
    for wrong in (None, "nonsense", "pk_demo_" + "0" * 48):
        answer = one("welcome", {"context": {}}, wrong)
        assert (answer.status, answer.body) == (401, "")


def test_a_workspace_does_not_see_the_flags_of_another(aws: Cloud, key: str) -> None:
    assert key.startswith("pk_demo_")
    other = api_key(aws, workspace="other")
    assert one("welcome", {"context": {}}, other).status == 404
    assert call(http_event(ALL, {"context": {}}, key=other)).json()["flags"] == []


def test_bad_requests_get_the_protocols_bodies(key: str) -> None:
    for body, code in (("{", "PARSE_ERROR"), ({}, "INVALID_CONTEXT"), (None, "PARSE_ERROR")):
        answer = one("welcome", body, key)
        assert (answer.status, answer.json()["errorCode"]) == (400, code)
        assert answer.json()["key"] == "welcome"
        bulk = call(http_event(ALL, body, key=key))
        assert (bulk.status, bulk.json()["errorCode"]) == (400, code)
    missing = one("welcome", {"context": {"country": "AT"}}, key)
    assert (missing.status, missing.json()["errorCode"]) == (400, "TARGETING_KEY_MISSING")


def test_a_key_with_a_slash_is_a_key_like_any_other(key: str) -> None:
    answer = one("checkout/new", {"context": {}}, key)
    assert answer.status == 404
    assert (answer.json()["key"], answer.json()["errorCode"]) == ("checkout/new", "FLAG_NOT_FOUND")


def test_a_warm_evaluation_reads_one_version_each_half_second_and_nothing_else(
    key: str, tick: Passing, wire: Wire
) -> None:
    one("welcome", {"context": {"targetingKey": "u-1"}}, key)
    wire.calls.clear()
    for number in range(20):
        one("welcome", {"context": {"targetingKey": f"u-{number}"}}, key)
        call(http_event(ALL, {"context": {"targetingKey": f"u-{number}"}}, key=key))
    assert wire.calls == []
    tick.now += 0.5
    one("welcome", {"context": {"targetingKey": "u-1"}}, key)
    one("welcome", {"context": {"targetingKey": "u-2"}}, key)
    assert wire.calls == ["GetItem"]


def test_throttled_tables_leave_the_last_known_flags(key: str, tick: Passing, wire: Wire) -> None:
    one("welcome", {"context": {"country": "DE"}}, key)
    tick.now += 0.5
    wire.throttled = True
    assert one("welcome", {"context": {"country": "DE"}}, key).status == 200


def test_what_is_known_outlives_tables_that_stay_away(key: str, tick: Passing, wire: Wire) -> None:
    one("welcome", {"context": {"country": "DE"}}, key)
    wire.throttled = True
    for _ in range(9):
        tick.now += 60
        assert one("welcome", {"context": {"country": "DE"}}, key).json()["variant"] == "warm"
        assert call(http_event(FEATURES, path={"client_key": key})).status == 200


def test_throttled_tables_and_nothing_known_are_told_with_a_time_to_return(
    key: str, wire: Wire
) -> None:
    wire.throttled = True
    answer = one("welcome", {"context": {"country": "DE"}}, key)
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert list(answer.json()) == ["errorDetails"]


@pytest.mark.parametrize(
    ("case", "status"),
    [
        ("one", 200),
        ("all", 200),
        ("all-unchanged", 304),
        ("unknown-flag", 404),
        ("malformed", 400),
        ("no-targeting-key", 200),
        ("features", 200),
    ],
)
def test_golden_events_are_answered(case: str, status: int, key: str) -> None:
    text = (GOLDEN / f"{case}.json").read_text(encoding="utf-8")
    event = json.loads(text.replace("{{secret_key}}", key).replace("{{publishable_key}}", key))
    assert call(event).status == status


def test_every_golden_event_is_tested() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == {
        "one",
        "all",
        "all-unchanged",
        "unknown-flag",
        "malformed",
        "no-targeting-key",
        "features",
    }
