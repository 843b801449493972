"""Variations of flows: placed by a flag, kept through a login, told where they were served."""

from datetime import timedelta
from typing import Any, Final

import pytest

from cairn.decisions.model import Assignment, SessionRequest, Subject
from cairn.decisions.model_port import Order
from cairn.decisions.record import Record
from cairn.decisions.sessions import SessionAsked
from cairn.decisions.starting import Starting, start
from cairn.explanations.factors import factors
from cairn.llm.model import FailureCode
from cairn.platform.errors import NotFound
from cairn.platform.observability.correlation import pseudonym
from tests.fakes.cache import DeadCache
from tests.fakes.models import failed
from tests.flows import flow, step
from tests.house import House
from tests.parcels import NOW, SESSION
from tests.replays import replayed
from tests.variations import (
    KEY,
    STEPS,
    exposed,
    flag,
    house_of,
    only,
    publish,
    shown,
    varied,
    visitors,
)


def test_a_threshold_is_a_variation() -> None:
    assert shown(house_of({"threshold": 0.9}).decide()) == "one"
    assert shown(house_of({"threshold": 0.9}, share=0.0).decide()) == "two"


def test_another_flow_is_a_variation_and_is_decided_on_under_the_same_name() -> None:
    house = house_of({"flow": "calm"})
    publish(house, {**flow(*STEPS[::-1], step("three")), "id": "calm"})
    made = house.decide(answers={"b": "known"})
    assert (shown(made), made.decision.flow, made.decision.flow_version) == ("one", "test", 1)
    assert exposed(made) == [(KEY, "other")]


def test_a_flag_that_breaks_takes_no_decision_down() -> None:
    house = house_of({"threshold": 0.9})
    endless = {**flag(), "type": "number", "variations": {"plain": 0.5, "other": 10**400}}
    publish(house, {**endless, "id": "endless"})
    assert exposed(house.decide()) == [(KEY, "other")]
    house = house_of({"threshold": 0.9})
    publish(house, endless)
    made = house.decide()
    assert (shown(made), exposed(made)) == ("two", [])
    assert made.decision.degraded is not None
    assert made.decision.degraded.code == "variation_unavailable"


def test_what_was_served_is_in_the_answer_the_record_and_the_event() -> None:
    house = house_of({"threshold": 0.9})
    made = house.decide()
    assert made.decision.experiments == (Assignment(KEY, "other"),)
    (event,) = (each for each in house.desk.reported if each.type == "decision.made")
    assert event.attributes[f"variation.{KEY}"] == "other"
    record = Record.model_validate_json(made.record.model_dump_json())
    (told,) = (each for each in factors(record) if each.kind == "experiment")
    assert told.text == f"The experiment {KEY} gave the variation other."


def test_who_is_in_no_experiment_has_none_in_the_answer() -> None:
    house = house_of({"threshold": 0.9}, coverage=0.0)
    assert exposed(house.decide()) == []


def test_a_flag_that_is_gone_changes_nothing() -> None:
    house = House(Order(("rules",)), written=varied({"threshold": 0.9}))
    made = house.decide()
    assert (shown(made), exposed(made)) == ("two", [])


def test_what_fell_back_is_no_exposure_and_says_so() -> None:
    house = House(Order(("llm",)), written=varied({}))
    publish(house, flag())
    house.models.tools = [failed(FailureCode.TIMEOUT)]
    made = house.decide()
    assert made.decision.degraded is not None
    assert exposed(made) == []
    assert [(each.key, each.served) for each in made.record.placed] == [(KEY, False)]
    (told,) = (each for each in factors(made.record) if each.kind == "experiment")
    assert told.text.endswith("it could not be served, so this does not count as an exposure.")


def test_a_cache_that_is_away_does_not_keep_a_variation_from_being_served() -> None:
    house = House(Order(("rules",)), cache=DeadCache(), written=varied({"threshold": 0.9}))
    publish(house, flag())
    made = house.decide()
    assert made.decision.degraded is not None
    assert exposed(made) == [(KEY, "other")]


def test_variations_do_not_meet_in_the_cache() -> None:
    house = house_of({"threshold": 0.9}, share=0.5)
    steps = {exposed(made)[0][1]: shown(made) for made in visitors(house, 40)}
    assert steps == {"plain": "two", "other": "one"}
    assert any(made.decision.source == "cache" for made in visitors(house, 40))


def test_a_visitor_keeps_the_variation_through_a_login() -> None:
    house = house_of({"threshold": 0.9}, share=0.5)
    anonymous = house.decide()
    for number in range(20):
        session_id, session = only(house)
        house.desk.sessions[session_id] = session.model_copy(update={"subject_id": None})
        made = house.decide(session=session_id, subject={"id": f"u-{number}"})
        assert exposed(made) == exposed(anonymous)


def test_a_subject_keeps_the_variation_in_other_sessions_also_when_weights_change() -> None:
    house = house_of({"threshold": 0.9}, share=1.0)
    assert exposed(house.decide(subject={"id": "u-1"})) == [(KEY, "other")]
    kept = house.desk.assigned[pseudonym("demo", "u-1")]
    assert kept == {f"{KEY}__0": "other"}
    house.desk.sessions.clear()
    publish(house, flag(0.0))
    assert exposed(house.decide(subject={"id": "u-1"})) == [(KEY, "other")]
    house.desk.sessions.clear()
    assert exposed(house.decide(subject={"id": "u-2"})) == [(KEY, "plain")]


def test_a_visitor_who_is_placed_by_a_trait_keeps_the_variation_too() -> None:
    house = house_of({"threshold": 0.9}, share=1.0, by="seats")
    subject = {"id": "u-1", "traits": {"seats": 12}}
    assert exposed(house.decide(subject=subject)) == [(KEY, "other")]
    publish(house, flag(0.0, by="seats"))
    house.desk.sessions.clear()
    assert exposed(house.decide(subject=subject)) == [(KEY, "other")]
    assert exposed(house.decide(subject={**subject, "id": "u-2"})) == [(KEY, "plain")]


def test_what_the_subject_had_goes_before_what_the_session_had() -> None:
    house = house_of({"threshold": 0.9}, share=0.0)
    house.desk.assigned[pseudonym("demo", "u-1")] = {f"{KEY}__0": "other"}
    assert exposed(house.decide()) == [(KEY, "plain")]
    assert exposed(house.decide(session=only(house)[0], subject={"id": "u-1"})) == [(KEY, "other")]


def test_nothing_is_written_for_a_subject_whose_variations_are_known() -> None:
    house = house_of({"threshold": 0.9})
    house.decide(subject={"id": "u-1"})
    house.desk.assigned.clear()
    house.desk.assigned[pseudonym("demo", "u-1")] = {f"{KEY}__0": "other", "seen": "yes"}
    house.decide(session=only(house)[0], subject={"id": "u-1"})
    assert house.desk.assigned[pseudonym("demo", "u-1")]["seen"] == "yes"


def test_a_subject_that_is_not_named_again_is_written_once() -> None:
    house = house_of({"threshold": 0.9})
    house.decide(subject={"id": "u-1"})
    house.desk.assigned.clear()
    assert exposed(house.decide(session=only(house)[0])) == [(KEY, "other")]
    assert house.desk.assigned == {}


def test_a_subject_keeps_the_variation_in_a_session_that_was_started_for_it() -> None:
    house = house_of({"threshold": 0.9}, share=0.0)
    house.desk.assigned[pseudonym("demo", "u-1")] = {f"{KEY}__0": "other"}
    asked = SessionAsked("demo", None, SESSION, brings=False)
    request = SessionRequest(subject=Subject(id="u-1"))
    start(house.desk, Starting(NOW, asked, request, "a" * 32, lambda: 0.0))
    assert exposed(house.decide(session=SESSION)) == [(KEY, "other")]


def test_a_namespace_keeps_a_visitor_out_of_two_experiments() -> None:
    first = {"id": "checkout", "from": 0.0, "to": 0.5}
    second = {"id": "checkout", "from": 0.5, "to": 1.0}
    in_first, in_second = (
        {
            number
            for number, made in enumerate(
                visitors(house_of({"threshold": 0.9}, namespace=each), 40)
            )
            if exposed(made)
        }
        for each in (first, second)
    )
    assert in_first
    assert in_second
    assert not in_first & in_second


def test_who_is_held_out_is_exposed_to_the_holdout_alone() -> None:
    held = {
        "id": "hold",
        "experiment": "holdout",
        "split": {"plain": 0.5, "other": 0.5},
        "holdout": ["other"],
        "sticky": True,
    }
    house = House(Order(("rules",)), written=varied({"threshold": 0.9}))
    document = flag()
    publish(house, {**document, "rules": [held, *document["rules"]]})
    seen = {tuple(exposed(made)) for made in visitors(house, 40)}
    assert seen == {
        (("holdout", "plain"),),
        (("holdout", "other"), (KEY, "other")),
    }


@pytest.mark.parametrize("variant", [{"threshold": 0.9}, {"tiers": ["llm"]}])
def test_a_session_remembers_what_it_was_given(variant: dict[str, Any]) -> None:
    house = house_of(variant)
    house.decide()
    assert only(house)[1].kept == {f"{KEY}__0": "other"}
    assert only(house)[1].touched_at == NOW + timedelta(seconds=1)


CALM: Final = {**flow(*STEPS), "id": "calm", "limits": {"fields": 3}}


@pytest.mark.parametrize("variant", [{"threshold": 0.9}, {"flow": "calm"}])
def test_a_replay_is_made_on_the_variation_of_then_or_on_another_one(
    variant: dict[str, Any],
) -> None:
    document = varied(variant)
    document["variants"]["variations"]["plain"] = {}
    house = House(Order(("rules",)), written=document)
    publish(house, flag(), CALM)
    made = house.decide()
    again, other = replayed(house, made), replayed(house, made, variation="plain")
    assert (again.same, again.variation, again.source) == (True, "other", "fallback")
    assert (other.same, other.variation, other.source) == (False, "plain", "rules")
    with pytest.raises(NotFound) as caught:
        replayed(house, made, variation="unheard")
    assert caught.value.code == "variation.not_found"
