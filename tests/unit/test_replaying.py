"""Replays: the same again from what was kept, or with something changed; never kept or sent."""

import pytest

from cairn.decisions.limits import FALLBACK_RESERVE_MS
from cairn.decisions.model_port import Order
from cairn.llm.model import FailureCode
from cairn.platform.errors import NotFound, Unprocessable
from tests.fakes.models import ScriptedModels, failed, said, tool
from tests.flows import field, flow, step
from tests.house import ALL, FLOW, House, likely
from tests.replays import LLM, replayed


def test_a_proposal_is_followed_again_without_asking() -> None:
    house = House(LLM)
    house.models.tools = [said(tool("three 0.9"))]
    made = house.decide(answers={"mail": "ada@example.com"})
    view = replayed(house, made)
    assert (view.same, view.source, view.plan) == (True, "llm", made.decision.plan)
    assert view.usage.cost_usd == 0
    assert len(house.models.asked) == 1


@pytest.mark.parametrize("code", [FailureCode.TIMEOUT, FailureCode.BUDGET])
def test_what_failed_then_fails_again(code: FailureCode) -> None:
    house = House(LLM)
    house.models.tools = [failed(code)]
    view = replayed(house, house.decide())
    assert (view.same, view.source) == (True, "fallback")
    assert view.degraded is not None
    assert view.degraded.code == code


def test_a_rule_decides_again_and_so_does_the_cache() -> None:
    house = House(LLM)
    house.models.tools = [said(tool("three 0.9"))]
    made = [house.decide(answers={"a": value}) for value in ("ruled", "x", "y")]
    views = [replayed(house, each) for each in made]
    assert [each.source for each in views] == ["rules", "llm", "cache"]
    assert all(each.same for each in views)


def test_a_choice_is_taken_or_not_by_another_threshold() -> None:
    house = House(ALL)
    house.models.choices = [said(likely(three=0.7, two=0.3))]
    made = house.decide()
    assert replayed(house, made, ALL).same
    higher = replayed(house, made, ALL, choice_threshold=0.8)
    assert (higher.source, higher.same, higher.unheard) == ("fallback", False, ("llm",))


def test_rules_with_a_higher_threshold_are_too_unsure() -> None:
    house = House(LLM, models=None)
    made = house.decide(answers={"a": "ruled"})
    view = replayed(house, made, threshold=0.95)
    assert (view.source, view.same) == ("fallback", False)


def test_other_tiers_can_be_tried() -> None:
    house = House(LLM)
    house.models.tools = [said(tool("three 0.9"))]
    view = replayed(house, house.decide(), tiers=("rules",))
    assert [each.source for each in view.attempts] == ["cache", "rules", "fallback"]


def test_another_version_of_the_flow_decides_by_its_own_rules() -> None:
    house = House(LLM, models=None)
    made = house.decide(answers={"a": "x"})
    view = replayed(house, made, flow_version=2)
    assert (view.flow_version, view.source) == (2, "rules")
    with pytest.raises(NotFound):
        replayed(house, made, flow_version=3)


def test_another_model_is_asked_now_and_paid() -> None:
    house = House(LLM)
    house.models.tools = [said(tool("three 0.9"))]
    made = house.decide()
    live = ScriptedModels(tools=[said(tool("two 0.9"))])
    view = replayed(house, made, live=live, model="house")
    assert (view.plan["step_id"], view.same) == ("two", False)  # type: ignore[index,call-overload]  # a plan is an object
    assert view.usage.cost_usd > 0
    with pytest.raises(NotFound):
        replayed(house, made, live=live, model="unheard-of")


def test_what_was_done_then_is_done_even_if_a_masked_answer_cannot_tell() -> None:
    written = flow(
        step("one", field("sure", "checkbox", required=True, personal=True)), step("two")
    )
    house = House(Order(()), written=written)
    made = house.decide(answers={"sure": False})
    view = replayed(house, made, Order(()))
    assert (made.record.step, view.same) == ("one", True)


def test_a_decision_from_before_there_were_replays_is_refused() -> None:
    house = House(LLM, models=None)
    made = house.decide()
    old = made._replace(record=made.record.model_copy(update={"inputs": None}))
    with pytest.raises(Unprocessable):
        replayed(house, old)


def test_records_hold_no_personal_value() -> None:
    house = House(LLM, written=FLOW)
    house.models.tools = [said(tool("three 0.9"))]
    made = house.decide(answers={"mail": "ada@example.com"})
    assert "ada@example.com" not in made.record.model_dump_json()


def test_a_tier_that_had_no_time_has_none_again() -> None:
    house = House(LLM)
    made = house.decide(ms=FALLBACK_RESERVE_MS, answers={"a": "ruled"})
    assert (made.decision.source, made.record.attempts[0].outcome) == ("fallback", "out_of_time")
    view = replayed(house, made)
    assert (view.same, view.source) == (True, "fallback")
    assert replayed(house, made, threshold=0.1).source == "rules"
