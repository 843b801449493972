"""OFREP: contexts in, answers out."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus

import pytest
from pydantic import JsonValue

from cairn.configuration.model import Document, Kind, Snapshot, digest_of
from cairn.flags.border import all_response, one_response, refusal
from cairn.flags.bucketing import bucket
from cairn.flags.growthbook.writing import features_of
from cairn.flags.ofrep import (
    CONTEXT_LIMIT_BYTES,
    EvaluationSuccess,
    InvalidContext,
    context_of,
)
from cairn.flags.published import Ruleset, Rulesets, Unreadable
from cairn.flags.remote import answer_all, answer_one, entity_tag, still_true
from cairn.platform.errors import Forbidden, StoreUnavailable, TooLarge, Unauthenticated

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BANNER: dict[str, JsonValue] = {"kind": "flag", "id": "banner", "type": "boolean", "default": "on"}
RATIO: dict[str, JsonValue] = {
    "kind": "flag",
    "id": "ratio",
    "type": "number",
    "variations": {"low": 1.0, "high": 2.5},
    "default": "low",
    "rules": [{"id": "half", "split": {"low": 0.5, "high": 0.5}}],
}


def snapshot(*bodies: JsonValue, version: int = 1) -> Snapshot:
    documents = {}
    for body in bodies:
        assert isinstance(body, dict)
        name, text = str(body["id"]), json.dumps(body)
        documents[f"flag/{name}"] = Document(Kind.FLAG, name, 3, text, digest_of(text))
    return Snapshot("demo", version, documents)


def ruleset(*bodies: JsonValue) -> Ruleset:
    return Rulesets().of(snapshot(*bodies), NOW)


def refused(body: bytes) -> str:
    with pytest.raises(InvalidContext) as raised:
        context_of(body)
    return raised.value.error_code


def test_a_context_is_any_object_whose_targeting_key_is_text_or_absent() -> None:
    assert context_of(b'{"context": {"targetingKey": "u", "a": [1.0]}}') == {
        "targetingKey": "u",
        "a": [1.0],
    }
    assert context_of(b'{"context": {}}') == {}
    assert context_of(b'{"context": {"targetingKey": null}}') == {"targetingKey": None}


def test_a_body_that_is_no_json_is_a_parse_error() -> None:
    for body in (b"", b"{", b"\xff", b'{"context": ' + b"[" * 50_000):
        assert refused(body) == "PARSE_ERROR"


def test_a_body_without_a_usable_context_is_an_invalid_context() -> None:
    for body in (b"[]", b"{}", b'{"context": 1}', b'{"context": {"targetingKey": 5}}'):
        assert refused(body) == "INVALID_CONTEXT"
    for number in (b"NaN", b"Infinity", b"-1e999", b"1" + b"0" * 400):
        assert refused(b'{"context": {"a": [{"b": %s}]}}' % number) == "INVALID_CONTEXT"
    assert refused(b" " * (CONTEXT_LIMIT_BYTES + 1)) == "INVALID_CONTEXT"


def test_one_flag_is_answered_with_its_value_reason_variant_and_versions() -> None:
    answer = answer_one(ruleset(RATIO), "ratio", {"targetingKey": "u-2"})
    assert one_response(answer).status is HTTPStatus.OK
    body = json.loads(one_response(answer).body)
    assert body.pop("value") in {1.0, 2.5}
    assert body.pop("variant") in {"low", "high"}
    assert body == {
        "key": "ratio",
        "reason": "SPLIT",
        "metadata": {"version": 3, "rule": "half", "bucket": bucket("ratio", "u-2")},
    }


TRIAL: JsonValue = {
    **BANNER,
    "id": "trial",
    "rules": [
        {
            "id": "compare",
            "split": {"on": 0.5, "off": 0.5},
            "experiment": "trial",
            "sticky": True,
        }
    ],
}


def told(context: dict[str, JsonValue]) -> dict[str, object]:
    answer = answer_one(ruleset(TRIAL), "trial", context)
    assert isinstance(answer, EvaluationSuccess)
    return dict(answer.metadata)


def test_an_assignment_is_told_with_what_the_client_may_keep_of_it() -> None:
    first = told({"targetingKey": "u-1"})
    assert first == {
        "version": 3,
        "rule": "compare",
        "experiment": "trial",
        "variation": first["variation"],
        "bucket": first["bucket"],
        "sticky": False,
        "stickySubject": "targetingKey||u-1",
        "stickyAssignment": "trial__0",
    }
    other = "off" if first["variation"] == "on" else "on"
    kept: JsonValue = {"targetingKey||u-1": {"trial__0": other}}
    again = told({"targetingKey": "u-1", "stickyAssignments": kept})
    assert again == {**first, "variation": other, "sticky": True}


def test_holdouts_that_let_the_subject_pass_are_told() -> None:
    holdout: JsonValue = {
        "id": "holdout",
        "split": {"on": 1.0, "off": 0.0},
        "experiment": "all",
        "holdout": ["on"],
    }
    held: JsonValue = {**BANNER, "rules": [holdout]}
    answer = answer_one(ruleset(held), "banner", {"targetingKey": "u-1"})
    assert isinstance(answer, EvaluationSuccess)
    assert answer.metadata == {"version": 3, "held": "all=on"}


def test_sticky_assignments_are_objects_of_texts() -> None:
    for wrong in (b"[]", b'{"a": 1}', b'{"a": {"b": 1}}', b'"a"'):
        body = b'{"context": {"stickyAssignments": %b}}' % wrong
        assert refused(body) == "INVALID_CONTEXT"
    assert context_of(b'{"context": {"stickyAssignments": null}}') == {"stickyAssignments": None}


def test_a_float_stays_a_float_on_the_wire() -> None:
    low: JsonValue = {**RATIO, "rules": []}
    assert '"value":1.0,' in one_response(answer_one(ruleset(low), "ratio", {})).body


def test_a_flag_that_does_not_exist_is_not_found() -> None:
    response = one_response(answer_one(ruleset(BANNER), "baner", {}))
    assert response.status is HTTPStatus.NOT_FOUND
    assert json.loads(response.body) == {
        "key": "baner",
        "errorCode": "FLAG_NOT_FOUND",
        "errorDetails": "There is no flag 'baner'.",
    }


def test_a_missing_targeting_key_fails_the_flags_that_need_it_and_no_others() -> None:
    response = one_response(answer_one(ruleset(RATIO), "ratio", {}))
    assert response.status is HTTPStatus.BAD_REQUEST
    assert json.loads(response.body)["errorCode"] == "TARGETING_KEY_MISSING"
    bulk = json.loads(answer_all(ruleset(RATIO, BANNER), {}).model_dump_json())
    assert [flag.get("errorCode") for flag in bulk["flags"]] == [None, "TARGETING_KEY_MISSING"]


def test_a_document_that_cannot_be_read_fails_alone() -> None:
    future: JsonValue = {"kind": "flag", "id": "future", "type": "hologram", "default": "x"}
    rules = ruleset(future, BANNER)
    assert rules.flags["future"] == Unreadable("future", "ValidationError")
    assert rules.unreadable == ("future: ValidationError",)
    response = one_response(answer_one(rules, "future", {}))
    assert response.status is HTTPStatus.INTERNAL_SERVER_ERROR
    assert json.loads(response.body)["errorCode"] == "GENERAL"
    assert one_response(answer_one(rules, "banner", {})).status is HTTPStatus.OK


def test_a_flag_whose_compilation_breaks_fails_alone() -> None:
    values: JsonValue = {"low": 0.5, "high": 10**400}
    endless: JsonValue = {**RATIO, "id": "endless", "variations": values}
    needed: JsonValue = [{"flag": "endless", "when": {}}]
    needs: JsonValue = {**BANNER, "id": "needs", "prerequisites": needed}
    rules = ruleset(endless, BANNER, RATIO, needs)
    assert rules.unreadable == ("endless: OverflowError",)
    bulk = answer_all(rules, {"targetingKey": "u"}).model_dump()
    assert [flag.get("errorCode") for flag in bulk["flags"]] == [None, "GENERAL", None, None]
    assert sorted(features_of(rules).features) == ["banner", "needs", "ratio"]


def test_an_entity_tag_follows_the_context_and_the_content_of_the_flags() -> None:
    one, other = ruleset(BANNER), ruleset(BANNER, RATIO)
    tag = entity_tag(one, {"a": 1, "b": 2})
    assert tag == entity_tag(ruleset(BANNER), {"b": 2, "a": 1})
    assert tag != entity_tag(one, {"a": 2, "b": 2})
    assert tag != entity_tag(other, {"a": 1, "b": 2})


def test_the_same_content_under_another_version_is_another_answer() -> None:
    document = snapshot(BANNER).documents["flag/banner"]
    again = Snapshot("demo", 2, {"flag/banner": replace(document, version=5)})
    one, other = ruleset(BANNER), Rulesets().of(again, NOW)
    assert answer_one(one, "banner", {}) != answer_one(other, "banner", {})
    assert entity_tag(one, {}) != entity_tag(other, {})


def test_a_client_that_holds_the_answer_gets_an_empty_304() -> None:
    rules = ruleset(BANNER)
    fresh = all_response(rules, {}, "")
    tag = fresh.headers["etag"]
    assert fresh.status is HTTPStatus.OK
    held = all_response(rules, {}, tag)
    assert (held.status, held.body) == (HTTPStatus.NOT_MODIFIED, "")
    assert held.headers["etag"] == tag


def test_if_none_match_may_list_tags_weak_tags_or_any() -> None:
    assert still_true('"a", W/"b"', '"b"')
    assert still_true("*", '"b"')
    assert not still_true("", '"b"')
    assert not still_true('"c"', '"b"')


def test_a_ruleset_is_compiled_once_and_again_when_something_was_published() -> None:
    rulesets = Rulesets()
    first = snapshot(BANNER)
    compiled = rulesets.of(first, NOW)
    assert rulesets.of(first, NOW) is compiled
    later = rulesets.of(snapshot(BANNER, RATIO, version=2), NOW)
    assert later.flags["banner"] is compiled.flags["banner"]
    assert set(later.flags) == {"banner", "ratio"}
    assert later.version != compiled.version


def test_refusals_are_bare_for_access_coded_for_contexts_and_told_otherwise() -> None:
    for error in (Unauthenticated("no"), Forbidden("no")):
        assert (refusal(error).status, refusal(error).body) == (error.status, "")
    context = refusal(InvalidContext("PARSE_ERROR", "The body is not JSON."), "banner")
    assert json.loads(context.body) == {
        "key": "banner",
        "errorCode": "PARSE_ERROR",
        "errorDetails": "The body is not JSON.",
    }
    bulk = json.loads(refusal(InvalidContext("PARSE_ERROR", "The body is not JSON.")).body)
    assert "key" not in bulk
    down = refusal(StoreUnavailable("The table does not answer."))
    assert (down.status, down.headers["retry-after"]) == (HTTPStatus.SERVICE_UNAVAILABLE, "1")
    assert json.loads(down.body) == {"errorDetails": "The table does not answer."}
    assert "retry-after" not in refusal(TooLarge("no")).headers
