"""Flags managed over HTTP, on moto: roles, versions, dry runs, rollouts, archives."""

import json
from typing import Final

import pytest

from cairn.access.model import KeyKind, Role
from cairn.configuration.model import Kind
from functions.console import flag_editor
from tests.flows import flow, step
from tests.functions.callers import Answered, api_key
from tests.functions.cloud import Cloud
from tests.functions.managing import (
    ARCHIVE,
    CREATE,
    DISABLE,
    ENABLE,
    HISTORY,
    LIST,
    ONE,
    READS,
    REPLACE,
    ROLLOUT,
    SWITCHES,
    UNARCHIVE,
    Call,
    Json,
    flag,
    manager,
    needing,
)
from tests.functions.publishing import publish


@pytest.fixture
def call(aws: Cloud) -> Call:
    """Calls a route, by default with an editor's key."""
    return manager(aws)


@pytest.fixture
def made(call: Call) -> Json:
    """A flag that was created."""
    answer = call(CREATE, flag())
    assert answer.status == 201
    return dict(answer.json())


def codes(answer: Answered) -> tuple[int, list[tuple[str, str]]]:
    return answer.status, [(each["pointer"], each["code"]) for each in answer.json()["errors"]]


def test_a_created_flag_is_read_back_as_it_was_written(call: Call) -> None:
    created = call(CREATE, flag(owner="shop"))
    assert created.status == 201
    assert created.json()["published"] is True
    assert created.json()["changes"]["differences"][0]["op"] == "add"
    found = call(ONE)
    assert found.json() == {
        "key": "checkout",
        "version": 1,
        "changed_at": "2026-11-20T10:30:00Z",
        "stale": [],
        "document": flag(owner="shop"),
    }
    assert found.headers["etag"] == created.headers["etag"]


def test_a_flag_is_created_once(call: Call, made: Json) -> None:
    del made
    again = call(CREATE, flag(default="on"))
    assert (again.status, again.json()["code"]) == (409, "flag.exists")
    assert call(ONE).json()["document"]["default"] == "off"


@pytest.mark.usefixtures("made")
def test_a_full_workspace_takes_no_more_flags_and_changes_those_it_has(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flag_editor, "MOST_DOCUMENTS", 1)
    refused = call(CREATE, flag("other"))
    assert (refused.status, refused.json()["code"]) == (422, "configuration.full")
    assert call(DISABLE).status == 200


def test_a_repeated_request_creates_once_and_is_answered_again(call: Call) -> None:
    headers = {"idempotency-key": "k-1"}
    first, again = (call(CREATE, flag(), headers=headers) for _ in range(2))
    assert (first.status, again.status) == (201, 201)
    assert (again.headers["idempotent-replayed"], again.json()["version"]) == ("true", 1)
    assert "idempotent-replayed" not in first.headers
    other = call(CREATE, flag("other"), headers=headers)
    assert (other.status, other.json()["code"]) == (422, "idempotency.mismatch")


def test_a_flag_is_replaced_by_who_saw_its_version(call: Call, made: Json) -> None:
    del made
    seen = call(ONE).headers["etag"]
    replaced = call(REPLACE, flag(default="on"), headers={"if-match": seen})
    assert (replaced.status, replaced.json()["version"]) == (200, 2)
    assert replaced.json()["changes"] == {
        "differences": [
            {
                "op": "replace",
                "pointer": "/default",
                "before": "off",
                "after": "on",
                "shortened": False,
            }
        ],
        "more": 0,
    }
    late = call(REPLACE, flag(), headers={"if-match": seen})
    assert (late.status, late.json()["code"]) == (412, "configuration.changed_meanwhile")
    blind = call(REPLACE, flag())
    assert (blind.status, blind.json()["code"]) == (428, "configuration.if_match_missing")


@pytest.mark.parametrize("if_match", ["*", '"nonsense", {}', "{}"])
def test_if_match_may_name_several_versions_or_any(call: Call, made: Json, if_match: str) -> None:
    del made
    tag = if_match.replace("{}", call(ONE).headers["etag"])
    assert call(REPLACE, flag(default="on"), headers={"if-match": tag}).status == 200


def test_a_weak_tag_matches_nothing(call: Call, made: Json) -> None:
    del made
    weak = "W/" + call(ONE).headers["etag"]
    assert call(REPLACE, flag(default="on"), headers={"if-match": weak}).status == 412


def test_a_flag_that_stays_as_it_is_keeps_its_version(call: Call, made: Json) -> None:
    del made
    answer = call(REPLACE, flag(), headers={"if-match": "*"}).json()
    assert (answer["version"], answer["published"], answer["changes"]["differences"]) == (
        1,
        False,
        [],
    )
    assert len(call(HISTORY).json()["changes"]) == 1


def test_the_path_names_the_flag(call: Call, made: Json) -> None:
    del made
    answer = call(REPLACE, flag("other"), headers={"if-match": "*"})
    assert codes(answer) == (400, [("/id", "flag.other_key")])


def test_the_kill_switch_needs_no_version_and_holds_one_that_is_sent(
    call: Call, made: Json
) -> None:
    del made
    off = call(DISABLE)
    assert (off.status, off.json()["document"]["enabled"]) == (200, False)
    late = call(ENABLE, headers={"if-match": '"1-0000000000000000"'})
    assert late.status == 412
    on = call(ENABLE, headers={"if-match": off.headers["etag"]})
    assert (on.status, on.json()["document"]["enabled"]) == (200, True)


def test_a_flag_is_switched_in_one_environment(call: Call, made: Json) -> None:
    del made
    answer = call(DISABLE, query={"environment": "prod"}).json()
    assert answer["document"]["environments"] == {"prod": False}
    assert "enabled" not in answer["document"]


def test_a_rollout_sets_the_share_of_one_rule(call: Call, made: Json) -> None:
    del made
    answer = call(ROLLOUT, {"rule": "gradual", "coverage": 0.5}).json()
    assert answer["document"]["rules"] == [{"id": "gradual", "split": {"on": 1.0}, "coverage": 0.5}]
    assert [each["pointer"] for each in answer["changes"]["differences"]] == [
        "/rules/gradual/coverage"
    ]


UNFIT: Final[dict[str, tuple[Json, int, str]]] = {
    "no rule": ({"rule": "nobody", "coverage": 0.5}, 422, "/rule"),
    "percent": ({"rule": "gradual", "coverage": 50}, 400, "/coverage"),
    "text": ({"rule": "gradual", "coverage": "much"}, 400, "/coverage"),
    "more": ({"rule": "gradual", "coverage": 0.5, "seed": "x"}, 400, "/seed"),
}


@pytest.mark.parametrize(("body", "status", "pointer"), UNFIT.values(), ids=UNFIT)
def test_a_rollout_that_cannot_be_is_refused_with_its_place(
    call: Call, made: Json, body: Json, status: int, pointer: str
) -> None:
    del made
    answer = call(ROLLOUT, body)
    assert (answer.status, answer.json()["errors"][0]["pointer"]) == (status, pointer)


def test_a_rule_that_follows_a_ramp_has_no_share_to_set(call: Call) -> None:
    ramp = [{"at": "2026-12-01T00:00:00Z", "coverage": 1.0}]
    rule = {"id": "gradual", "split": {"on": 1.0}, "coverage": 0.1, "ramp": ramp}
    assert call(CREATE, flag(rules=[rule])).status == 201
    answer = call(ROLLOUT, {"rule": "gradual", "coverage": 0.5})
    assert codes(answer) == (422, [("/rules/0/ramp", "flag.no_effect")])


@pytest.mark.parametrize(("route", "body"), [(CREATE, flag("new")), (REPLACE, flag(default="on"))])
def test_a_dry_run_tells_and_publishes_nothing(
    call: Call, made: Json, route: str, body: Json
) -> None:
    del made
    before = call(LIST).json()
    answer = call(route, body, headers={"if-match": "*"}, query={"dry_run": "true"})
    assert (answer.status, answer.json()["published"]) == (200, False)
    assert answer.json()["changes"]["differences"]
    assert call(LIST).json() == before


def test_a_dry_run_refuses_what_could_not_be_published(call: Call) -> None:
    answer = call(CREATE, flag(default="blue"), query={"dry_run": "true"})
    assert codes(answer) == (422, [("/default", "flag.unknown_variation")])


NAN: Final = {"id": "r", "when": {"x": float("nan")}, "variation": "on"}
BROKEN: Final[dict[str, tuple[object, int, str]]] = {
    "no JSON": ("{", 400, "request.malformed_json"),
    "not a number": (
        json.dumps(flag(rules=[NAN])),
        422,
        "flag.invalid",
    ),
    "a number beyond doubles": (
        json.dumps(flag(type="number", variations={"on": 0.5, "off": 10**400})),
        422,
        "flag.invalid",
    ),
    "no flag": ({"kind": "flow"}, 400, "request.invalid"),
    "unknown field": (flag(colour="red"), 400, "request.invalid"),
    "unknown variation": (flag(default="blue"), 422, "flag.invalid"),
    "too large": (flag(description="x" * 400_000), 413, "request.too_large"),
}


@pytest.mark.parametrize(("body", "status", "code"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_flag_is_not_published(call: Call, body: object, status: int, code: str) -> None:
    answer = call(CREATE, body)
    assert (answer.status, answer.json()["code"]) == (status, code)
    assert call(LIST).json() == {"flags": [], "next": None}


def test_a_flag_that_another_one_needs_is_not_archived(call: Call, made: Json) -> None:
    del made
    needs = needing("checkout")
    assert call(CREATE, flag("express", prerequisites=needs)).status == 201
    refused = call(ARCHIVE)
    assert codes(refused) == (
        422,
        [("/flag/express/prerequisites/0/flag", "flag.unknown_prerequisite")],
    )
    assert call(ARCHIVE, key="express").status == 200
    assert call(ARCHIVE).status == 200


def test_a_flag_that_a_flow_depends_on_is_not_archived_and_keeps_its_variations(
    aws: Cloud, call: Call
) -> None:
    variants = {"flag": "checkout", "variations": {"on": {"threshold": 1}}}
    publish(
        aws,
        {
            (Kind.FLAG, "checkout"): flag(),
            (Kind.FLOW, "test"): flow(step("one"), variants=variants),
        },
    )
    at = "/flow/test/variants"
    assert codes(call(ARCHIVE)) == (422, [(f"{at}/flag", "flow.unknown_flag")])
    less = flag(rules=[], variations={"off": False})
    refused = call(REPLACE, less, headers={"if-match": "*"})
    assert codes(refused) == (422, [(f"{at}/variations/on", "flow.unknown_variation")])
    assert call(DISABLE).status == 200


def test_prerequisites_must_be_there_and_go_in_no_circle(call: Call, made: Json) -> None:
    del made
    nowhere = call(CREATE, flag("a", prerequisites=needing("b")))
    assert codes(nowhere) == (422, [("/prerequisites/0/flag", "flag.unknown_prerequisite")])
    needs = needing("checkout")
    call(CREATE, flag("a", prerequisites=needs))
    back = needing("a")
    circle = call(REPLACE, flag(prerequisites=back), headers={"if-match": "*"})
    assert circle.status == 422
    assert ("/prerequisites", "flag.cyclic_prerequisites") in codes(circle)[1]


def test_an_archived_flag_is_listed_apart_and_comes_back(call: Call, made: Json) -> None:
    del made
    call(ARCHIVE)
    assert keys(call(LIST)) == []
    assert keys(call(LIST, query={"archived": "true"})) == ["checkout"]
    assert call(UNARCHIVE).json()["version"] == 3
    assert keys(call(LIST)) == ["checkout"]


def keys(answer: Answered) -> list[str]:
    return [each["key"] for each in answer.json()["flags"]]


FILTERS: Final[dict[str, list[str]]] = {
    "": ["a", "b", "c"],
    "tag=new": ["b", "c"],
    "owner=shop": ["a", "b"],
    "type=string": ["c"],
    "enabled=false": ["b"],
    "tag=new&owner=shop": ["b"],
}


@pytest.mark.parametrize(("query", "expected"), FILTERS.items())
def test_flags_are_listed_by_what_is_asked(
    aws: Cloud, call: Call, query: str, expected: list[str]
) -> None:
    publish(
        aws,
        {
            (Kind.FLAG, "b"): flag("b", owner="shop", tags=["new"], enabled=False),
            (Kind.FLAG, "a"): flag("a", owner="shop"),
            (Kind.FLAG, "c"): {
                **flag("c", tags=["old", "new"], type="string", variations={"off": "x"}),
                "rules": [],
            },
        },
    )
    asked = dict(each.split("=") for each in query.split("&") if each)
    assert keys(call(LIST, query=asked)) == expected


def test_a_long_list_comes_in_pages(aws: Cloud, call: Call) -> None:
    names = [f"f{number:02d}" for number in range(7)]
    publish(aws, {(Kind.FLAG, name): flag(name) for name in names})
    pages: list[list[str]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = call(LIST, query={"limit": "3", **cursor})
        pages.append(keys(answer))
        if answer.json()["next"] is None:
            break
        cursor = {"cursor": answer.json()["next"]}
    assert pages == [names[:3], names[3:6], names[6:]]


def test_a_flag_that_cannot_be_read_sinks_no_list(aws: Cloud, call: Call) -> None:
    odd = {"kind": "flag", "id": "odd", "made_by": "a later version"}
    publish(aws, {(Kind.FLAG, "a"): flag("a"), (Kind.FLAG, "odd"): odd})
    assert keys(call(LIST)) == ["a"]
    assert (call(ONE, key="odd").status, call(ONE, key="odd").json()["code"]) == (
        503,
        "flag.unreadable",
    )
    assert call(DISABLE, key="a").status == 200


@pytest.mark.parametrize("route", [*READS[1:], REPLACE, *SWITCHES, ROLLOUT])
def test_a_flag_that_is_not_there_is_not_found(call: Call, route: str) -> None:
    body = {REPLACE: flag("none"), ROLLOUT: {"rule": "gradual", "coverage": 1}}.get(route)
    answer = call(route, body, key="none", headers={"if-match": "*"})
    assert (answer.status, answer.json()["code"]) == (404, "flag.not_found")


CALLERS: Final[dict[str, tuple[KeyKind, Role, bool, bool]]] = {
    "publishable": ("publishable", "admin", False, False),
    "viewer": ("secret", "viewer", True, False),
    "service": ("secret", "service", True, False),
    "editor": ("secret", "editor", True, True),
    "admin": ("secret", "admin", True, True),
}


@pytest.mark.parametrize("held", CALLERS)
def test_a_key_does_what_its_role_may(aws: Cloud, call: Call, made: Json, held: str) -> None:
    del made
    kind, role, reads, writes = CALLERS[held]
    by = api_key(aws, kind, role=role)
    for route in READS:
        assert call(route, by=by).status == (200 if reads else 403)
    for route in (CREATE, REPLACE, *SWITCHES, ROLLOUT):
        answer = call(route, {"rule": "gradual", "coverage": 0.2}, by=by)
        assert (answer.status != 403) is writes
        if not writes:
            assert answer.json()["code"] == "access.scope_missing"


def test_two_workspaces_never_see_each_others_flags(aws: Cloud, call: Call, made: Json) -> None:
    del made
    stranger = api_key(aws, role="admin", workspace="other")
    assert keys(call(LIST, by=stranger)) == []
    for route in (ONE, HISTORY, *SWITCHES):
        assert call(route, by=stranger).status == 404
    needs = needing("checkout")
    assert call(CREATE, flag("theirs", prerequisites=needs), by=stranger).status == 422
    assert call(CREATE, flag(default="on"), by=stranger).status == 201
    assert call(ONE).json()["document"]["default"] == "off"


def test_what_files_published_is_changed_and_its_neighbours_stay(aws: Cloud, call: Call) -> None:
    publish(aws, {(Kind.FLAG, "checkout"): flag(), (Kind.FLAG, "b"): flag("b")})
    assert call(ROLLOUT, {"rule": "gradual", "coverage": 1}).json()["version"] == 2
    assert json.loads(call(ONE, key="b").body)["version"] == 1


def test_what_should_go_is_told_and_found(aws: Cloud, call: Call) -> None:
    publish(
        aws,
        {
            (Kind.FLAG, "due"): flag("due", expires="2026-11-01T00:00:00Z"),
            (Kind.FLAG, "young"): flag("young"),
        },
    )
    assert keys(call(LIST, query={"stale": "true"})) == ["due"]
    assert keys(call(LIST, query={"stale": "false"})) == ["young"]
    assert call(ONE, key="due").json()["stale"] == ["flag.expired"]
