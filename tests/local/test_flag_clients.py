"""Unmodified OpenFeature clients and the running stack: values, refusals, changes that are seen."""

import json
from collections.abc import Iterator

import httpx
import pytest
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import Reason

from infra.local.stack import LocalStack
from tests import javascript

pytestmark = [pytest.mark.local, pytest.mark.xdist_group("local")]

FLAG = "tooltip-of-the-day"
VISITOR = EvaluationContext("u-1", {"plan": "business"})
DOCUMENT = {
    "kind": "flag",
    "id": FLAG,
    "type": "string",
    "variations": {"off": "none", "short": "Hello"},
    "default": "off",
    "rules": [{"id": "everybody", "split": {"short": 1.0}}],
}


@pytest.fixture
def manager(stack: LocalStack) -> Iterator[httpx.Client]:
    """Who manages flags, with one flag that these tests may change."""
    assert stack.facts.keys
    headers = {"x-api-key": stack.facts.keys.secret}
    with httpx.Client(base_url=stack.facts.base_url, headers=headers, timeout=30) as client:
        if client.post("/v1/flags", json=DOCUMENT).status_code == httpx.codes.CONFLICT:
            client.post(f"/v1/flags/{FLAG}/enable").raise_for_status()
        yield client


@pytest.fixture
def python(stack: LocalStack, manager: httpx.Client) -> Iterator[OpenFeatureClient]:
    del manager
    assert stack.facts.keys
    headers = {"x-api-key": stack.facts.keys.publishable}
    api.set_provider(OFREPProvider(stack.facts.base_url, headers_factory=lambda: headers))
    yield api.get_client()
    api.clear_providers()


def test_the_python_provider_resolves_every_type(python: OpenFeatureClient) -> None:
    text = python.get_string_details(FLAG, "fallback", VISITOR)
    assert (text.value, text.variant, text.reason) == ("Hello", "short", Reason.SPLIT)
    assert text.flag_metadata["rule"] == "everybody"
    assert python.get_boolean_value("adaptive-onboarding", False, VISITOR)  # noqa: FBT003  # its way
    limits = python.get_object_value("upload-limits", {}, VISITOR)
    assert limits == {"max_mb": 500, "parallel": 6, "formats": ["csv", "xlsx", "parquet"]}


@pytest.mark.parametrize(
    ("flag", "context", "code"),
    [
        ("no-such-flag", VISITOR, ErrorCode.FLAG_NOT_FOUND),
        (FLAG, EvaluationContext(), ErrorCode.TARGETING_KEY_MISSING),
        (FLAG, EvaluationContext(None, {"targetingKey": 7}), ErrorCode.INVALID_CONTEXT),
    ],
)
def test_the_python_provider_is_told_what_is_wrong(
    python: OpenFeatureClient, flag: str, context: EvaluationContext, code: ErrorCode
) -> None:
    found = python.get_string_details(flag, "fallback", context)
    assert (found.value, found.error_code) == ("fallback", code)
    assert found.error_message


def test_a_key_that_nobody_knows_opens_nothing(stack: LocalStack) -> None:
    provider = OFREPProvider(stack.facts.base_url, headers_factory=lambda: {"x-api-key": "pk_x"})
    api.set_provider(provider)
    found = api.get_client().get_string_details(FLAG, "fallback", VISITOR)
    api.clear_providers()
    assert (found.value, found.error_code) == ("fallback", ErrorCode.GENERAL)
    assert "unauthorized" in str(found.error_message)


def test_the_web_provider_holds_what_a_304_confirms_and_sees_a_change(
    stack: LocalStack, manager: httpx.Client
) -> None:
    assert stack.facts.keys
    page = ["flags.mjs", stack.facts.base_url, stack.facts.keys.publishable, FLAG, "u-1"]
    with javascript.running(*page) as browser:
        assert browser.stdout
        before = json.loads(browser.stdout.readline())
        manager.post(f"/v1/flags/{FLAG}/disable").raise_for_status()
        after = json.loads(browser.stdout.readline())
        assert browser.wait(javascript.PATIENCE_S) == 0
    assert (before["value"], before["reason"], before["unknown"]) == (
        "Hello",
        "SPLIT",
        "FLAG_NOT_FOUND",
    )
    assert before["statuses"] == [200, 304]
    assert (after["value"], after["reason"]) == ("none", "DISABLED")
    assert set(after["statuses"][1:-1]) == {304}
    assert after["statuses"][-1] == 200


def test_the_web_provider_is_told_that_its_key_is_wrong(stack: LocalStack) -> None:
    printed = javascript.run("flags.mjs", stack.facts.base_url, "pk_x", FLAG, "u-1")
    assert json.loads(printed) == {"error": "PROVIDER_FATAL", "statuses": [401]}
