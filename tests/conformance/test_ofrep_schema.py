"""Our answers against the published schema of OFREP 0.3.

Two corrections, because the schema contradicts itself: a success with a value matches several
branches of its `oneOf`, and its reasons leave out OpenFeature's `DEFAULT`.
"""

import json
from typing import Any, cast

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types

from cairn.flags.border import all_response, one_response, refusal
from cairn.flags.ofrep import InvalidContext
from cairn.flags.remote import answer_one
from cairn.platform.errors import StoreUnavailable
from tests.conformance.cases import OFREP
from tests.unit.test_remote_flags import BANNER, RATIO, ruleset


def corrected(node: Any) -> Any:  # noqa: ANN401  # any piece of a YAML document
    if isinstance(node, list):
        return [corrected(item) for item in node]
    if not isinstance(node, dict):
        return node
    fixed = {"anyOf" if key == "oneOf" else key: corrected(item) for key, item in node.items()}
    if "STATIC" in fixed.get("enum", ()):
        fixed["enum"] = [*fixed["enum"], "DEFAULT"]
    return fixed


def assert_valid(body: str | bytes, schema: str) -> None:
    document = corrected(yaml.safe_load(OFREP.read_bytes()))
    root = {"$ref": f"#/components/schemas/{schema}", "components": document["components"]}
    Draft202012Validator(root).validate(json.loads(body))


@pytest.mark.parametrize(("key", "context"), [("banner", {}), ("ratio", {"targetingKey": "u-1"})])
def test_a_success_is_valid(key: str, context: dict[str, str]) -> None:
    answer = answer_one(ruleset(BANNER, RATIO), key, cast("Any", context))
    assert_valid(one_response(answer).body, "serverEvaluationSuccess")


def test_a_failure_is_valid() -> None:
    missing = one_response(answer_one(ruleset(RATIO), "ratio", {}))
    assert_valid(missing.body, "evaluationFailure")
    assert_valid(one_response(answer_one(ruleset(), "x", {})).body, "flagNotFound")
    error = InvalidContext("INVALID_CONTEXT", "context: Field required")
    assert_valid(refusal(error, "banner").body, "evaluationFailure")
    assert_valid(refusal(error).body, "bulkEvaluationFailure")
    assert_valid(refusal(StoreUnavailable("down")).body, "generalErrorResponse")


def test_a_bulk_answer_is_valid_with_and_without_failures_in_it() -> None:
    rules = ruleset(BANNER, RATIO)
    assert_valid(all_response(rules, {}, "").body, "bulkEvaluationSuccess")
    assert_valid(all_response(rules, {"targetingKey": "u-1"}, "").body, "bulkEvaluationSuccess")


def test_the_schema_is_really_applied() -> None:
    with pytest.raises(Exception, match="STALE"):
        assert_valid('{"key": "a", "reason": "STALE"}', "serverEvaluationSuccess")
