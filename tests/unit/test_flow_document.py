"""Flows as documents: what is refused before it is published, and where."""

import pytest
from pydantic import ValidationError

from cairn.decisions.surfaces.form.flow import FlowDocument
from tests.flows import ONBOARDING, Written, field, flow, rule, step


def refused(document: Written) -> set[tuple[str, str]]:
    """Code and JSON pointer of every fault."""
    with pytest.raises(ValidationError) as caught:
        FlowDocument.model_validate(document)
    return {(each["type"], "/" + "/".join(map(str, each["loc"]))) for each in caught.value.errors()}


def test_the_example_is_worth_copying() -> None:
    example = FlowDocument.model_validate(ONBOARDING)
    fields = [each for step in example.steps for each in step.fields]
    assert len(example.steps) >= 7
    assert len(fields) >= 25
    assert len(example.personas) == 4
    assert len(example.rules) >= 12
    assert {each.id for each in fields if each.personal} >= {"full_name", "work_email", "phone"}


def test_every_fault_is_told_at_once() -> None:
    broken = flow(
        step("one", field("name")),
        step("one", field("name")),
        rules=[rule("r", "nowhere"), rule("r", "two")],
        order=["one"],
    )
    assert refused(broken) == {
        ("flow.repeated_id", "/steps/0/id"),
        ("flow.repeated_id", "/steps/1/id"),
        ("flow.repeated_id", "/steps/0/fields/0/id"),
        ("flow.repeated_id", "/steps/1/fields/0/id"),
        ("flow.repeated_id", "/rules/0/id"),
        ("flow.repeated_id", "/rules/1/id"),
        ("flow.unknown_step", "/rules/0/step"),
        ("flow.unknown_step", "/rules/1/step"),
        ("flow.order", "/order"),
    }


def test_complete_is_reserved() -> None:
    assert refused(flow(step("complete"))) == {("flow.reserved_id", "/steps/0/id")}


def test_a_rule_may_lead_to_the_end_but_shows_nothing_there() -> None:
    FlowDocument.model_validate(flow(step("one"), rules=[rule("r", "complete")]))
    shown = flow(step("one", field("a")), rules=[rule("r", "complete", fields=["a"])])
    assert refused(shown) == {("flow.unknown_field", "/rules/0/fields")}


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        (field("a", "select", options=None), ("flow.options", "/steps/0/fields/0/options")),
        (field("a", options=["x"]), ("flow.options", "/steps/0/fields/0/options")),
        (field("a", "number", default="x"), ("flow.default", "/steps/0/fields/0/default")),
        (field("a", "select", default="c"), ("flow.default", "/steps/0/fields/0/default")),
        (field("a.b"), ("string_pattern_mismatch", "/steps/0/fields/0/id")),
        (field("a", hidden=True), ("extra_forbidden", "/steps/0/fields/0/hidden")),
    ],
)
def test_a_field_must_make_sense(written: Written, fault: tuple[str, str]) -> None:
    assert fault in refused(flow(step("one", written)))


def test_options_are_not_repeated() -> None:
    twice = field("a", "select", options=["x", {"value": "x", "label": "X"}])
    at = "/steps/0/fields/0/options"
    assert refused(flow(step("one", twice))) == {
        ("flow.repeated_id", f"{at}/0"),
        ("flow.repeated_id", f"{at}/1"),
    }


@pytest.mark.parametrize(
    ("shown", "fault"),
    [
        (["a"], ("flow.required_field", "/rules/0/fields")),
        (["b", "z"], ("flow.unknown_field", "/rules/0/fields/1")),
        (["b", "b"], ("flow.repeated_id", "/rules/0/fields/1")),
    ],
)
def test_a_rule_shows_known_fields_once_and_all_required_ones(
    shown: list[str], fault: tuple[str, str]
) -> None:
    one = step("one", field("a"), field("b", required=True))
    assert fault in refused(flow(one, rules=[rule("r", "one", fields=shown)]))


@pytest.mark.parametrize(
    ("when", "fault"),
    [
        ({"answers.zip": 1}, ("flow.unknown_path", "answers.zip")),
        ({"answer.a": 1}, ("flow.unknown_path", "answer.a")),
        ({"session.mood": 1}, ("flow.unknown_path", "session.mood")),
        ({"behavior.luck": 1}, ("flow.unknown_path", "behavior.luck")),
        ({"subject": {}}, ("flow.unknown_path", "subject")),
        ({"persona.id": 1}, ("flow.unknown_path", "persona.id")),
        ({"$or": [{"answers.a": 1}, {"nothing": 1}]}, ("flow.unknown_path", "$or/1/nothing")),
        ({"answers.a": {"$like": 1}}, ("condition.unknown_operator", "answers.a/$like")),
    ],
)
def test_a_condition_reads_only_what_there_is(when: Written, fault: tuple[str, str]) -> None:
    code, at = fault
    assert refused(flow(step("one", field("a")), rules=[rule("r", "one", when)])) == {
        (code, f"/rules/0/when/{at}")
    }


@pytest.mark.parametrize(
    "when",
    [
        {"answers.email": "ada@example.com"},
        {"answers.email": {"$regex": "@example"}},
        {"answers.email": {"$exists": True, "$ne": "x"}},
        {"$not": {"answers.email": "x"}},
        {"answers.email.domain": {"$exists": True}},
        {"subject.name": "Ada"},
    ],
)
def test_a_condition_never_looks_at_a_personal_value(when: Written) -> None:
    document = flow(
        step("one", field("email", "email", personal=True), when=when), personal_traits=["name"]
    )
    ((code, at),) = refused(document)
    assert code == "flow.personal_value"
    assert at.startswith("/steps/0/when/")


def test_a_condition_may_ask_whether_a_personal_value_is_there() -> None:
    asking = {"answers.email": {"$exists": True}, "subject.name": {"$exists": False}}
    one = step("one", field("email", "email", personal=True), when=asking)
    FlowDocument.model_validate(flow(one, personal_traits=["name"]))


def test_a_persona_does_not_depend_on_the_persona() -> None:
    persona = {"id": "p", "text": "P.", "when": {"persona": "q"}}
    assert refused(flow(step("one"), personas=[persona])) == {
        ("flow.unknown_path", "/personas/0/when/persona")
    }
