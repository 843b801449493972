"""What the registry says of attributes: which may become dimensions, and what they look like."""

import pytest

from cairn.events.attributes import SAID
from cairn.events.registry import REGISTRY, fault, known, may_be_dimension, reserved


@pytest.mark.parametrize(
    "name", ["kind", "flow", "persona", "provider", "plan", "variation.adaptive_form"]
)
def test_what_has_few_values_may_be_a_dimension(name: str) -> None:
    assert may_be_dimension(name)


@pytest.mark.parametrize(
    "name", ["path", "trace_id", "client_at", "latency_ms", "cost_usd", "period", "user_email"]
)
def test_what_tells_visitors_apart_may_not(name: str) -> None:
    assert not may_be_dimension(name)


@pytest.mark.parametrize("name", ["request.completed", "decision.made", "llm.called"])
def test_what_functions_report_is_reserved(name: str) -> None:
    assert known(name)
    assert reserved(name)


def test_functions_and_visitors_both_raise_errors() -> None:
    assert not reserved("error.raised")
    assert fault("error.raised", {"code": "404"}) is None
    assert fault("error.raised", {"code": "store_unavailable", "operation": "GET /x/{id}"}) is None


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_every_attribute_says_what_it_must_be(name: str) -> None:
    for attribute, schema in REGISTRY[name].attributes.items():
        wrong: object = "" if schema.form in SAID else -1
        required = {
            each: "x" if other.form in SAID else 1
            for each, other in REGISTRY[name].attributes.items()
            if other.required
        }
        found = fault(name, {**required, attribute: wrong})
        assert found == f"The attribute {attribute} of {name} must be {schema.wanted}."


@pytest.mark.parametrize(
    "value",
    [
        "DE89370400440532013000",
        "a4111 1111 1111 1111",
        "tel 0151 23456789",
        "x123-45-6789",
        "sk-proj-abc123DEF456ghi789jkl012",
        "password:hunter2",
    ],
)
def test_a_label_that_would_be_redacted_is_refused(value: str) -> None:
    assert fault("step.viewed", {"step": value}) is not None


@pytest.mark.parametrize("value", ["4111111111111111", "DE89370400440532013000"])
def test_a_variation_that_would_be_redacted_is_refused(value: str) -> None:
    assert fault("custom.seen", {"variation.email": value}) is not None


@pytest.mark.parametrize(
    "value",
    ["adaptive-form-experiment-2026", "checkout/v2/payment-and-shipping", "Schritt 2: Größe"],
)
def test_a_long_label_of_words_is_taken(value: str) -> None:
    assert fault("step.viewed", {"step": value}) is None
