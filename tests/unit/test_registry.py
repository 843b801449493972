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
