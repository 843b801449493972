"""Decisions that models have a part in: followed, passed over, failed, cached, paid for."""

import json
from dataclasses import asdict, replace
from typing import Any

import pytest

from cairn.configuration.model import Document, Kind, digest_of
from cairn.decisions.decide import DecisionResult
from cairn.decisions.finding import Finding
from cairn.decisions.limits import ATTEMPTS, MODEL_RESERVE_MS
from cairn.decisions.model_port import Order
from cairn.decisions.surfaces.form.model import Shown
from cairn.llm.model import ChoiceReply, FailureCode
from infra.inprocess.cache import MemoryCache
from tests.fakes.models import COST_USD, TOOLS, failed, refused_for_budget, said, tool
from tests.flows import flow, rule, step
from tests.house import PROMPT, House, likely
from tests.parcels import SESSION
from tests.words import NONE


def path(made: DecisionResult) -> list[str]:
    return [f"{each.source}:{each.outcome}" for each in made.record.attempts]


def shown(made: DecisionResult) -> str:
    return made.record.step


def missing(made: DecisionResult) -> list[str]:
    return [each.code for each in made.record.degraded]


def test_a_sure_rule_decides_and_no_model_is_asked() -> None:
    house = House()
    made = house.decide(answers={"a": "ruled"})
    assert (made.decision.source, shown(made)) == ("rules", "two")
    assert house.models.asked == []


def test_a_likely_option_is_taken() -> None:
    house = House()
    house.models.choices = [said(likely(three=0.7, two=0.3))]
    made = house.decide()
    assert (made.decision.source, shown(made), made.decision.confidence) == ("choice", "three", 0.7)
    assert path(made) == ["cache:miss", "rules:no_rule", "choice:found"]
    assert made.decision.reasons[0].code == "model.choice"
    (judgement,) = made.record.judgements
    assert judgement.probabilities["two"] == 0.3
    assert (judgement.model, judgement.prompt) == ("house/m-1", "default@1")


def test_an_unlikely_option_leaves_the_decision_to_the_tool_call() -> None:
    house = House()
    house.models.choices = [said(likely(three=0.5, two=0.5))]
    house.models.tools = [said(tool("two 0.8"))]
    made = house.decide()
    assert path(made)[2:] == ["choice:unsure", "llm:found"]
    assert (made.decision.source, shown(made), missing(made)) == ("llm", "two", [])
    assert [each.outcome for each in made.record.judgements] == ["unsure", "found"]


def test_none_of_these_is_an_answer_and_no_fault() -> None:
    house = House(Order(("choice",)))
    house.models.choices = [said(ChoiceReply({"one": 0.1, NONE: 0.9}))]
    made = house.decide()
    assert (made.decision.source, path(made)[1]) == ("fallback", "choice:none_of_these")
    assert missing(made) == []


def test_choice_is_skipped_where_no_provider_can_do_it() -> None:
    house = House(models=TOOLS)
    house.models.tools = [said(tool("two 0.8"))]
    made = house.decide()
    assert path(made)[2:] == ["choice:no_capability", "llm:found"]
    assert missing(made) == []


def test_without_published_models_rules_and_fallback_decide_and_nothing_is_missing() -> None:
    house = House(models=None)
    made = house.decide()
    assert path(made) == [
        "cache:miss", "rules:no_rule", "choice:not_configured", "llm:not_configured",
        "fallback:found",
    ]  # fmt: skip
    assert made.decision.degraded is None


def test_the_order_is_the_flows() -> None:
    house = House(Order(("llm", "rules")))
    house.models.tools = [said(tool("three 0.9"))]
    made = house.decide(answers={"a": "ruled"})
    assert (made.decision.source, shown(made)) == ("llm", "three")


@pytest.mark.parametrize("code", list(FailureCode))
def test_a_failed_model_is_said_and_the_cascade_goes_on(code: FailureCode) -> None:
    house = House(Order(("llm", "rules")))
    house.models.tools = [failed(code)]
    made = house.decide(answers={"a": "ruled"})
    assert (made.decision.source, shown(made)) == ("rules", "two")
    assert made.decision.degraded is not None
    assert made.decision.degraded.code == code
    assert "next best" in made.decision.degraded.detail


def test_what_is_wrong_with_an_output_stands_in_the_path() -> None:
    house = House(Order(("llm",)))
    house.models.tools = [said(tool("nonsense"))]
    made = house.decide()
    assert path(made) == ["cache:miss", "llm:invalid_json", "fallback:found"]
    assert missing(made) == ["llm_invalid_output"]


def test_what_may_not_be_shown_is_not_followed_even_if_a_parser_lets_it_pass() -> None:
    house = House(Order(("llm",)))
    house.models.tools = [said(tool("one 0.9"))]
    made = house.decide(answers={"a": "x"})
    assert path(made) == ["cache:miss", "llm:not_admitted", "fallback:found"]
    assert made.record.judgements[0].outcome == "not_admitted"


def test_an_unsure_rule_does_not_step_in_for_a_model_that_is_away() -> None:
    unsure = flow(step("one"), step("two"), rules=[rule("r", "two", confidence=0.4)])
    house = House(Order(("rules", "llm")), written=unsure)
    house.models.tools = [failed(FailureCode.TIMEOUT)]
    made = house.decide()
    assert (made.decision.source, shown(made)) == ("fallback", "one")


def test_without_time_no_model_is_asked_and_the_answer_is_there() -> None:
    house = House(Order(("llm",)))
    made = house.decide(ms=MODEL_RESERVE_MS + 40)
    assert house.models.asked == []
    assert (path(made)[1], missing(made)) == ("llm:out_of_time", ["out_of_time"])


def test_a_model_gets_what_is_left_less_the_reserve_and_the_first_of_two_a_half() -> None:
    house = House()
    allowed: list[float] = []
    house.models.waits = allowed.append
    house.models.choices = [said(likely(two=0.2, three=0.2))]
    house.models.tools = [said(tool("two 0.9"))]
    house.decide(ms=1_075)
    assert allowed == [pytest.approx(500), pytest.approx(1_000)]


def test_similar_visitors_meet_and_no_model_is_asked_again() -> None:
    house = House(Order(("rules", "llm")))
    house.models.tools = [said(tool("three 0.9"))]
    house.decide(answers={"a": "x", "mail": "ada@example.com"})
    made = house.decide(answers={"a": "y", "mail": "bob@example.com"})
    assert (made.decision.source, shown(made)) == ("cache", "three")
    assert (made.record.cache_layer, len(house.models.asked)) == ("L1", 1)
    assert made.decision.usage.cost_usd == 0
    assert made.record.judgements[0].reasoning == "Because it fits."
    assert [each["cache"] for each in house.reported("decision.made")] == ["none", "L1"]


def test_other_instances_find_it_in_the_shared_cache() -> None:
    shared = MemoryCache()
    one, two = House(Order(("llm",)), cache=shared), House(Order(("llm",)), cache=shared)
    one.models.tools = [said(tool("three 0.9"))]
    one.decide()
    one.decide(answers={"a": "x"})
    made = two.decide()
    assert (made.decision.source, made.record.cache_layer) == ("cache", "L2")
    assert shared.trips == 3


def test_a_cached_proposal_does_not_take_the_place_of_a_rule() -> None:
    house = House(Order(("rules", "llm")))
    house.models.tools = [said(tool("three 0.9"))]
    house.decide(answers={"a": "x"})
    made = house.decide(answers={"a": "ruled"})
    assert (made.decision.source, shown(made)) == ("rules", "two")


def test_a_cached_proposal_is_held_against_todays_whitelist() -> None:
    class Always(MemoryCache):
        def exchange(self, **wanted: Any) -> list[bytes | None]:  # noqa: ANN401  # the port's words
            return [finding.model_dump_json().encode()] * len(wanted["get"])

    choice = Shown(step_id="one", field_ids=("a", "mail"))
    finding = Finding[Shown](choice=choice, confidence=0.9, reasons=())
    house = House(Order(("llm",)), cache=Always())
    house.models.tools = [said(tool("two 0.9"))]
    assert shown(house.decide()) == "one"
    made = house.decide(answers={"a": "x"})
    assert (path(made)[0], shown(made)) == ("cache:not_admitted", "two")


def test_a_new_prompt_has_other_keys() -> None:
    shared = MemoryCache()
    one, two = House(Order(("llm",)), cache=shared), House(Order(("llm",)), cache=shared)
    one.models.tools = two.models.tools = [said(tool("three 0.9"))]
    one.decide()
    one.decide(answers={"a": "x"})
    snapshot = two.desk.snapshot
    changed = json.dumps(PROMPT | {"role": "You help more."})
    documents = {
        **snapshot.documents,
        "prompt/default": Document(Kind.PROMPT, "default", 2, changed, digest_of(changed)),
    }
    two.desk.snapshot = replace(snapshot, documents=documents)
    assert two.decide().decision.source == "llm"


def test_what_rules_say_while_a_model_is_away_is_not_cached() -> None:
    house = House(Order(("llm", "rules")))
    house.models.tools = [failed(FailureCode.UNAVAILABLE), said(tool("three 0.9"))]
    assert house.decide(answers={"a": "ruled"}).decision.source == "rules"
    assert house.decide(answers={"a": "ruled"}).decision.source == "llm"


def test_what_it_cost_is_told_in_the_answer_the_record_and_one_event() -> None:
    house = House(Order(("llm",)))
    house.models.tools = [said(tool("two 0.8"))]
    made = house.decide()
    assert asdict(made.decision.usage) == {
        "input_tokens": 120, "output_tokens": 35, "cost_usd": COST_USD,
    }  # fmt: skip
    assert made.decision.timing_ms.model is not None
    (event,) = house.reported("llm.called")
    assert event["tokens_uncached"] == 100
    assert (event["outcome"], event["cost_usd"], event["prompt"]) == (
        "answered", COST_USD, "default@1",
    )  # fmt: skip
    (call,) = made.record.consulted
    assert (call.attempts[0].outcome, call.usage.total) == ("answered", 155)
    assert made.record.model_validate_json(made.record.model_dump_json()) == made.record


def test_what_failed_calls_cost_is_told_too() -> None:
    house = House(Order(("llm",)))
    house.models.tools = [failed(FailureCode.TIMEOUT)]
    made = house.decide()
    assert made.decision.usage.cost_usd == COST_USD
    (event,) = house.reported("llm.called")
    assert (event["outcome"], event["tokens_lost"]) == ("llm_timeout", 155)


def test_a_spent_budget_is_reported_once_and_by_nobody() -> None:
    house = House(Order(("llm",)))
    house.models.tools = [refused_for_budget(first=True), refused_for_budget(first=False)]
    made = [house.decide(), house.decide()]
    assert [missing(each) for each in made] == [["budget_exhausted"]] * 2
    events = [each for each in house.desk.reported if each.type == "quota.exceeded"]
    assert [(each.session_id, each.attributes["period"]) for each in events] == [
        (None, "2026-11-20")
    ]
    assert house.reported("llm.called") == []


def test_a_request_that_decides_anew_asks_and_pays_once() -> None:
    house = House(Order(("llm",)))
    house.models.tools = [said(tool("two 0.8"))]
    session = house.decide().decision.session_id
    house.desk.reported.clear()
    house.desk.rivals = 2
    made = house.decide(session=session, answers={"a": "x"})
    assert len(house.models.asked) == 2
    assert (made.decision.source, made.decision.usage.cost_usd) == ("llm", COST_USD)
    assert len({each.id for each in house.desk.reported if each.type == "llm.called"}) == 1


def test_what_was_paid_is_reported_even_if_nothing_is_decided() -> None:
    house = House(Order(("llm",)))
    house.models.tools = [said(tool("two 0.8"))]
    session = house.decide().decision.session_id
    house.desk.reported.clear()
    house.desk.rivals = ATTEMPTS
    with pytest.raises(Exception, match="too fast"):
        house.decide(session=session, answers={"a": "x"})
    calls = [each for each in house.desk.reported if each.type == "llm.called"]
    assert {each.session_id for each in calls} == {session}
    assert len({each.id for each in calls}) == 1


def test_every_step_that_is_not_shown_is_told_with_its_reason() -> None:
    house = House(Order(("choice",)))
    house.models.choices = [said(likely(three=0.7, two=0.3))]
    made = house.decide(answers={"a": "x"})
    told = {each.step: (each.why, each.probability) for each in made.record.passed_over}
    assert told == {"one": ("done", None), "two": ("less_likely", 0.3)}


def test_budgets_count_by_pseudonym() -> None:
    house = House(Order(("llm",)))
    house.models.tools = [said(tool("two 0.8"))]
    house.decide(subject={"id": "ada@example.com"})
    house.decide(session=None)
    assert "ada@example.com" not in str(house.models.subjects)
    assert SESSION not in str(house.models.subjects)
    assert house.models.subjects[0]
