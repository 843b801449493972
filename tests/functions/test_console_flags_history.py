"""Who changed a flag is kept with the change; changes that meet lose nothing; on moto."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final
from unittest.mock import ANY

import boto3
import pytest

from cairn.configuration.model import Kind, Release
from cairn.configuration.store import ConfigurationStore
from cairn.platform.backoff import Backoff
from cairn.platform.clock import Deadline
from cairn.platform.dynamo import Dynamo
from functions.console.flag_views import SHOWN_DIFFERENCES, SHOWN_VALUE_CHARS
from tests.fakes.ticks import Ticks
from tests.functions.callers import api_key
from tests.functions.cloud import Cloud
from tests.functions.managing import (
    ARCHIVE,
    CREATE,
    DISABLE,
    HISTORY,
    LIST,
    ONE,
    REPLACE,
    ROLLOUT,
    Call,
    Json,
    flag,
    manager,
    wired,
)
from tests.functions.publishing import publish

ANY_VERSION: Final = {"if-match": "*"}


@pytest.fixture
def call(aws: Cloud) -> Call:
    """Calls a route, by default with an editor's key."""
    return manager(aws)


def changes(call: Call, **query: str) -> list[Json]:
    return list(call(HISTORY, query=query).json()["changes"])


def test_every_change_tells_who_when_and_from_what_to_what(call: Call) -> None:
    call(CREATE, flag())
    trace = "0af7651916cd43dd8448eb211c80319c"
    call(
        ROLLOUT,
        {"rule": "gradual", "coverage": 0.5},
        headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"},
    )
    newest, oldest = changes(call)
    assert newest == {
        "version": 2,
        "release": 2,
        "at": "2026-11-20T10:30:00Z",
        "did": "rollout",
        "by": {"via": "api", "id": ANY, "name": "ada"},
        "trace_id": trace,
        "changes": {
            "differences": [
                {
                    "op": "replace",
                    "pointer": "/rules/gradual/coverage",
                    "before": 0.1,
                    "after": 0.5,
                    "shortened": False,
                }
            ],
            "more": 0,
        },
    }
    assert (oldest["did"], oldest["version"]) == ("create", 1)
    assert oldest["changes"]["differences"][0]["after"] == flag()


def test_the_key_itself_is_nowhere_in_the_history(aws: Cloud, call: Call) -> None:
    key = api_key(aws, role="admin")
    call(CREATE, flag(), by=key)
    items = boto3.client("dynamodb").scan(TableName=aws.table("config"))["Items"]
    assert key not in str(items)
    assert changes(call)[0]["by"]["id"].startswith("key_")


def test_files_leave_their_trace_too(aws: Cloud, call: Call) -> None:
    publish(aws, {(Kind.FLAG, "checkout"): flag()})
    publish(aws, {(Kind.FLAG, "other"): flag("other")})
    removed, added = changes(call)
    assert (removed["did"], removed["changes"]["differences"][0]["op"]) == ("remove", "remove")
    assert (added["did"], added["by"]["via"], added["trace_id"]) == ("apply", "apply", None)
    assert call(ONE).status == 404


def test_a_long_history_comes_in_pages_newest_first(call: Call) -> None:
    call(CREATE, flag())
    for tenths in range(2, 8):
        call(ROLLOUT, {"rule": "gradual", "coverage": tenths / 10})
    versions: list[int] = []
    query = {"limit": "3"}
    while True:
        answer = call(HISTORY, query=query).json()
        versions += [each["version"] for each in answer["changes"]]
        if answer["next"] is None:
            break
        query = {"limit": "3", "cursor": str(answer["next"])}
    assert versions == [7, 6, 5, 4, 3, 2, 1]


def test_a_flag_is_read_as_it_was_in_a_version(call: Call) -> None:
    call(CREATE, flag())
    call(DISABLE)
    past = call(ONE, query={"version": "1"})
    assert past.json()["document"] == flag()
    assert past.headers["etag"] != call(ONE).headers["etag"]
    missing = call(ONE, query={"version": "3"})
    assert (missing.status, missing.json()["code"]) == (404, "flag.version_not_found")


def test_what_a_history_tells_of_one_change_is_bounded(call: Call) -> None:
    call(CREATE, flag(description="short"))
    rules = [{"id": f"r{number}", "variation": "on"} for number in range(SHOWN_DIFFERENCES + 5)]
    long = "x" * SHOWN_VALUE_CHARS
    call(REPLACE, flag(description=long, rules=rules), headers=ANY_VERSION)
    told = changes(call)[0]["changes"]
    assert (len(told["differences"]), told["more"]) == (SHOWN_DIFFERENCES, 7)
    assert told["differences"][0] == {
        "op": "replace",
        "pointer": "/description",
        "before": "short",
        "after": None,
        "shortened": True,
    }


class Overtaken(ConfigurationStore):
    """A store where somebody else publishes whenever a release was read."""

    def __init__(self, aws: Cloud, others: Sequence[Callable[[], object]]) -> None:
        super().__init__(Dynamo(boto3.client("dynamodb")), aws.table("config"))
        self._others = list(others)

    def release(self, workspace: str) -> Release:
        found = super().release(workspace)
        if self._others:
            self._others.pop()()
        return found


def overtaken(aws: Cloud, others: Sequence[Callable[[], object]]) -> Call:
    ticks = Ticks()

    def backoff(_: Deadline) -> Backoff:
        return Backoff(Deadline.within(3_000, ticks), lambda: 0.5, ticks.pass_s)

    store = Overtaken(aws, others)
    return manager(aws, replace(wired(aws), configuration=store, backoff=backoff))


def test_a_change_of_another_flag_meanwhile_is_kept(aws: Cloud, call: Call) -> None:
    publish(aws, {(Kind.FLAG, "checkout"): flag(), (Kind.FLAG, "b"): flag("b")})
    tag = call(ONE).headers["etag"]
    others = [lambda: call(DISABLE, key="b")]
    slow = overtaken(aws, others)
    assert slow(ARCHIVE, headers={"if-match": tag}).status == 200
    rows = call(LIST).json()["flags"]
    assert [(each["key"], each["enabled"]) for each in rows] == [("b", False)]
    assert call(ONE).json()["document"]["archived"] is True
    assert [each["did"] for each in changes(call)] == ["archive", "apply"]


def test_who_meets_many_comes_first_in_the_end(aws: Cloud, call: Call) -> None:
    call(CREATE, flag())
    others = [partial(call, CREATE, flag(f"other-{number}")) for number in range(7)]
    assert overtaken(aws, others)(DISABLE).status == 200
    assert len(call(LIST).json()["flags"]) == 8
    assert call(ONE).json()["document"]["enabled"] is False


def test_a_change_of_the_same_flag_meanwhile_is_met(aws: Cloud, call: Call) -> None:
    call(CREATE, flag())
    tag = call(ONE).headers["etag"]
    others = [lambda: call(DISABLE)]
    slow = overtaken(aws, others)
    late = slow(REPLACE, flag(default="on"), headers={"if-match": tag})
    assert (late.status, late.json()["code"]) == (412, "configuration.changed_meanwhile")
    assert call(ONE).json()["document"] == flag(enabled=False)
    assert [each["did"] for each in changes(call)] == ["disable", "create"]


def test_who_never_comes_first_is_told_so_and_leaves_nothing(aws: Cloud, call: Call) -> None:
    call(CREATE, flag())
    attempts: list[str] = []

    def rival(number: int) -> None:
        attempts.append("rollout")
        call(ROLLOUT, {"rule": "gradual", "coverage": number / 100})

    slow = overtaken(aws, [partial(rival, number) for number in range(20, 60)])
    answer = slow(ARCHIVE)
    assert (answer.status, answer.json()["code"]) == (503, "configuration.contended")
    assert answer.headers["retry-after"] == "1"
    assert [each["did"] for each in changes(call)] == [*attempts, "create"]
    assert 5 < len(attempts) < 20


def test_two_requests_with_one_idempotency_key_create_one_flag(aws: Cloud, call: Call) -> None:
    headers = {"idempotency-key": "k-1"}
    others = [lambda: call(CREATE, flag(), headers=headers)]
    slow = overtaken(aws, others)
    answer = slow(CREATE, flag(), headers=headers)
    assert (answer.status, answer.headers["idempotent-replayed"]) == (201, "true")
    assert [each["did"] for each in changes(call)] == ["create"]
