"""What one event says in numbers."""

import pytest

from cairn.metrics.measures import NOTHING, measures
from tests.parcels import decided, happened, telling


def test_a_decision_is_an_operation_and_says_how_it_was_made() -> None:
    said = measures(decided("a", step="company", latency_ms=3.25, confidence=0.9, fields_shown=4))
    assert said.operations == {"decide|count": 1, "decide|us": 3_250}
    assert said.flow == {
        "decisions": 1,
        "source.rules": 1,
        "cache.none": 1,
        "confidence_ppm": 900_000,
    }
    assert said.sketched == {"decide": 3_250}


def test_a_number_that_is_not_told_is_not_counted_as_nothing() -> None:
    said = measures(decided("a"))
    assert said.operations == {"decide|count": 1, "decide|untimed": 1}
    assert (said.flow["unrated"], "confidence_ppm" in said.flow, said.sketched) == (1, False, {})
    call = measures(happened("b", "llm.called", tier="llm", provider="p", model="m", outcome="x"))
    assert call.models == {"p/m|calls": 1, "p/m|failed": 1, "p/m|untimed": 1}
    assert call.sketched == {}
    assert measures(happened("c", "feedback.given")).everything == {}


def test_nothing_at_all_is_a_number_where_it_is_told() -> None:
    none = {"latency_ms": 0, "tokens_cached": 0, "tokens_output": 0}
    call = telling(happened("a", "llm.called", tier="llm", provider="p", model="m"), none)
    assert measures(call).sketched == {"model.llm": 0, "tokens.in": 0, "tokens.out": 0}
    assert measures(happened("b", "feedback.given", score=0)).sketched == {"score": 0}


@pytest.mark.parametrize("number", [1e308, -1.0, 2.0**53])
def test_a_number_that_no_attribute_may_have_is_not_counted(number: float) -> None:
    with pytest.raises(ValueError, match="cost_usd"):
        measures(happened("a", "llm.called", tier="llm", cost_usd=number))


def test_a_degraded_decision_is_an_error_only_where_nothing_but_the_fallback_was_left() -> None:
    by_rules = measures(decided("a", degraded="llm_timeout"))
    by_fallback = measures(decided("b", degraded="store_unavailable", source="fallback"))
    sure_of_nothing = measures(decided("c", source="fallback"))
    assert (by_rules.flow["degraded"], by_rules.operations.get("decide|errors")) == (1, None)
    assert by_fallback.operations["decide|errors"] == by_fallback.operations["decide|degraded"] == 1
    assert sure_of_nothing.operations.keys() == {"decide|count", "decide|untimed"}


def test_a_model_call_is_an_operation_of_its_tier_and_has_tokens_and_a_price() -> None:
    event = happened(
        "a",
        "llm.called",
        tier="llm",
        provider="openai",
        model="small",
        outcome="answered",
        flow="onboarding",
        attempts=2,
        latency_ms=812.5,
        tokens_uncached=900,
        tokens_cached=100,
        tokens_output=50,
        tokens_lost=7,
        cost_usd=0.00125,
    )
    said = measures(event)
    assert said.operations == {"model.llm|count": 1, "model.llm|us": 812_500}
    assert said.models == {
        "openai/small|calls": 1,
        "openai/small|attempts": 2,
        "openai/small|uncached": 900,
        "openai/small|cached": 100,
        "openai/small|output": 50,
        "openai/small|lost": 7,
        "openai/small|nano_usd": 1_250_000,
        "openai/small|us": 812_500,
    }
    assert said.flow == {"nano_usd": 1_250_000}
    assert said.sketched == {"model.llm": 812_500, "tokens.in": 1_000, "tokens.out": 50}


def test_a_call_that_brought_nothing_failed() -> None:
    said = measures(
        happened("a", "llm.called", tier="llm", provider="p", model="m", outcome="timeout")
    )
    assert (said.operations["model.llm|errors"], said.models["p/m|failed"]) == (1, 1)


@pytest.mark.parametrize(("status", "errors"), [(200, 0), (429, 0), (500, 1), (503, 1)])
def test_a_request_is_its_route_and_fails_by_our_fault_alone(status: int, errors: int) -> None:
    route = "POST /v1/events"
    said = measures(
        happened("a", "request.completed", operation=route, status=status, latency_ms=1.5)
    )
    assert said.operations.get(f"{route}|errors", 0) == errors
    assert (said.operations[f"{route}|count"], said.operations[f"{route}|us"]) == (1, 1_500)
    assert said.sketched == {route: 1_500}


def test_feedback_counts_everywhere_and_in_its_flow() -> None:
    said = measures(happened("a", "feedback.given", score=4.5))
    assert said.everything == said.flow == {"feedback": 1, "score_milli": 4_500}
    assert said.sketched == {"score": 4_500}


@pytest.mark.parametrize(
    ("told", "counted"),
    [
        ({"refined": True}, "refined"),
        ({"refined": False}, "first_pass"),
        ({"first_pass": True}, "first_pass"),
        ({"first_pass": False}, "refined"),
    ],
)
def test_of_refined_and_first_pass_either_may_be_told(told: dict[str, bool], counted: str) -> None:
    said = measures(telling(happened("a", "step.completed", step="company"), told))
    assert said.flow == {counted: 1}


def test_going_back_is_told_of_the_step() -> None:
    assert measures(happened("b", "step.back", step="company")).flow == {"back|company": 1}


def test_names_from_events_can_not_break_out_of_a_counters_name() -> None:
    said = measures(happened("a", "step.back", step="a|b@c#d" + "e" * 100))
    assert list(said.flow) == ["back|a_b_c_d" + "e" * 57]


def test_most_events_say_nothing_in_numbers() -> None:
    assert measures(happened("a")) is NOTHING


def test_a_name_from_an_event_has_at_most_64_bytes() -> None:
    (counter,) = measures(happened("a", "step.back", step="é" * 64)).flow
    assert counter == "back|" + "é" * 32
