"""The form surface: personas, rules, the whitelist, the fallback, what is shown."""

from typing import Final

import pytest

from cairn.decisions.finding import Finding, Pass
from cairn.decisions.surfaces.form.candidates import admits
from cairn.decisions.surfaces.form.case import inputs
from cairn.decisions.surfaces.form.fallback import fallback
from cairn.decisions.surfaces.form.model import Case, Shown
from cairn.decisions.surfaces.form.plan import plan_of
from cairn.decisions.surfaces.form.rules import rules
from tests.flows import Written, case, field, flow, rule, step

NAME: Final = step("name", field("name", required=True, personal=True), field("nick"))
EXTRAS: Final = step("extras", field("colour", "select"))
TERMS: Final = step("terms", field("terms", "checkbox", required=True))
PERSONAS: Final = [
    {"id": "admin", "text": "An admin.", "when": {"subject.role": "admin"}},
    {"id": "named", "text": "Someone with a name.", "when": {"answers.name": {"$exists": True}}},
]


def found(here: Case) -> Finding[Shown]:
    outcome = rules(here)
    assert isinstance(outcome, Finding)
    return outcome


def passed(here: Case) -> Pass:
    outcome = rules(here)
    assert isinstance(outcome, Pass)
    return outcome


def shown(name: str, *fields: str) -> Shown:
    return Shown(step_id=name, field_ids=fields)


def test_the_first_persona_that_holds_is_the_visitors() -> None:
    document = flow(NAME, personas=PERSONAS)
    both = case(document, traits={"role": "admin"}, answers={"name": "Ada"})
    assert both.attributes["persona"] == "admin"
    assert case(document, answers={"name": "Ada"}).attributes["persona"] == "named"
    assert case(document).attributes["persona"] is None


def test_personal_values_are_masked_before_anything_reads_them() -> None:
    document = flow(NAME, EXTRAS, personal_traits=["email"])
    here = case(document, answers={"name": "Ada", "colour": "a"}, traits={"email": "x", "age": 3})
    assert here.attributes["answers"] == {"name": True, "colour": "a"}
    assert here.attributes["subject"] == {"email": True, "age": 3}


def test_answers_of_another_version_of_the_flow_are_not_seen() -> None:
    here = case(flow(NAME), answers={"gone": "secret", "nick": " "})
    assert here.attributes["answers"] == {}
    assert "secret" not in str(inputs(here))


def test_a_step_with_required_fields_is_done_when_they_are_answered() -> None:
    document = flow(NAME, EXTRAS, TERMS)
    assert case(document, seen=("name",)).done == set()
    assert case(document, answers={"name": "Ada"}).done == {"name"}
    assert case(document, answers={"terms": False}).done == set()


def test_a_step_without_required_fields_is_done_when_it_was_shown() -> None:
    assert case(flow(NAME, EXTRAS), seen=("extras",)).done == {"extras"}


def test_the_fallback_follows_the_order_past_what_is_done_or_does_not_concern() -> None:
    steps = [NAME, {**EXTRAS, "when": {"subject.adult": True}}, TERMS]
    document = flow(*steps, order=["name", "extras", "terms"])
    assert fallback(case(document)).choice == shown("name", "name", "nick")
    assert fallback(case(document, answers={"name": "Ada"})).choice == shown("terms", "terms")
    adult = case(document, answers={"name": "Ada"}, traits={"adult": True})
    assert fallback(adult).choice == shown("extras", "colour")


def test_nothing_left_to_ask_is_the_end() -> None:
    here = case(flow(NAME), answers={"name": "Ada"})
    assert found(here).choice == fallback(here).choice == shown("complete")
    assert found(here).confidence == 1.0


def test_the_first_rule_that_can_be_followed_decides() -> None:
    document = flow(
        NAME,
        EXTRAS,
        TERMS,
        threshold=0.5,
        rules=[
            rule("unmet", "extras", {"subject.role": "admin"}),
            rule("unsure", "extras", confidence=0.4),
            rule("done", "name"),
            rule("good", "terms", confidence=0.6),
            rule("later", "extras"),
        ],
    )
    outcome = found(case(document, answers={"name": "Ada"}))
    assert (outcome.choice, outcome.confidence) == (shown("terms", "terms"), 0.6)
    assert [reason.code for reason in outcome.reasons] == ["rule.good"]
    traced = {each.id: each.outcome for each in outcome.evidence}
    assert traced["good"] == "followed"
    assert (traced["unmet"], traced["unsure"], traced["done"]) == ("unmet", "unsure", "not_offered")


def test_a_rule_shows_its_fields_in_its_order() -> None:
    document = flow(NAME, rules=[rule("short", "name", fields=["nick", "name"])])
    assert found(case(document)).choice == shown("name", "nick", "name")


def test_a_rule_may_end_a_flow_in_which_nothing_required_is_left() -> None:
    document = flow(NAME, EXTRAS, rules=[rule("enough", "complete")])
    assert passed(case(document)).code == "no_rule"
    assert found(case(document, answers={"name": "Ada"})).choice == shown("complete")


def test_the_nearest_misses_tell_the_paths_that_were_otherwise() -> None:
    document = flow(
        NAME,
        EXTRAS,
        rules=[
            rule("far", "name", {"subject.a": 1, "subject.b": 1}),
            rule("near", "name", {"subject.c": 1, "answers.colour": "a"}),
        ],
    )
    near, far = passed(case(document, answers={"colour": "a"})).evidence
    assert (near.id, near.held, near.clauses, near.unmet) == ("near", 1, 2, ("subject.c",))
    assert (far.held, far.unmet) == (0, ("subject.a", "subject.b"))


@pytest.mark.parametrize(
    "choice",
    [
        shown("nowhere"),
        shown("extras", "colour"),
        shown("name", "nick"),
        shown("name", "name", "name"),
        shown("name", "name", "colour"),
        shown("complete"),
        shown("complete", "name"),
    ],
)
def test_the_whitelist_refuses(choice: Shown) -> None:
    document = flow(NAME, {**EXTRAS, "when": {"subject.adult": True}})
    assert not admits(case(document), choice)


def test_the_whitelist_admits_what_is_on_offer() -> None:
    document = flow(NAME, EXTRAS)
    assert admits(case(document), shown("name", "name"))
    assert admits(case(document), shown("extras"))
    assert admits(case(document, answers={"name": "Ada"}), shown("complete"))


def test_progress_counts_the_steps_that_concern_the_visitor() -> None:
    document = flow(NAME, EXTRAS, TERMS, {**step("more"), "when": {"subject.adult": True}})
    here = case(document, answers={"name": "Ada"})
    assert plan_of(here, shown("terms", "terms")).progress == 0.33
    assert plan_of(here, shown("complete")).progress == 1.0


def test_a_plan_shows_the_fields_as_they_are_written() -> None:
    written = field("size", "select", default="a", placeholder="Size", required=True)
    plan = plan_of(case(flow(step("one", written))), shown("one", "size"))
    assert plan.model_dump()["fields"][0] == {
        "id": "size",
        "kind": "select",
        "label": "size",
        "required": True,
        "default": "a",
        "placeholder": "Size",
        "options": ({"value": "a", "label": "a"}, {"value": "b", "label": "b"}),
    }


def test_inputs_tell_apart_only_what_the_rules_read() -> None:
    reads: Written = {"subject.role": "admin"}
    document = flow(NAME, EXTRAS, rules=[rule("r", "extras", reads)])
    here = inputs(case(document, traits={"role": "x", "shoe": 1}))
    assert here == inputs(case(document, traits={"role": "x", "shoe": 2}))
    assert here != inputs(case(document, traits={"role": "y"}))
    assert here != inputs(case(document, traits={"role": "x"}, seen=("name",)))
    assert here != inputs(case(document, traits={"role": "x"}, answers={"nick": "A"}))
    assert inputs(case(document, answers={"nick": "A"})) == inputs(
        case(document, answers={"nick": "B"})
    )
