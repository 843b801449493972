"""The deterministic finish of plans, and what validators ask of answers."""

import pytest
from pydantic import JsonValue

from cairn.decisions.surfaces.form.answers import fault
from cairn.decisions.surfaces.form.candidates import admits, may_complete
from cairn.decisions.surfaces.form.enhance import completed
from cairn.decisions.surfaces.form.fallback import fallback
from cairn.decisions.surfaces.form.model import Case, PlanField, Shown
from cairn.decisions.surfaces.form.parts import FormField
from cairn.decisions.surfaces.form.plan import plan_of
from tests.flows import Written, case, field, flow, rule, step
from tests.unit.test_flow_document import refused

BIG: Written = {"answers.size": "a"}
PERSONAS = [{"id": "big", "text": "A big one.", "when": BIG}]


def shown(here: Case, name: str = "s") -> dict[str, PlanField]:
    """The fields of a step with all of them, by id."""
    fields = tuple(each.id for each in here.flow.steps[name].step.fields)
    choice = Shown(step_id=name, field_ids=fields)
    assert admits(here, choice)
    return {each.id: each for each in plan_of(here, choice).fields}


def only(written: Written, **more: object) -> Case:
    """A case of a flow with this field in step `s`, and a choice of size before it."""
    answers = more.pop("answers", {"size": "a"})
    traits = more.pop("traits", {})
    document = flow(step("s", written), step("t", field("size", "select")), **more)
    return case(document, answers=answers, traits=traits)  # type: ignore[arg-type]  # a test's own


def test_a_default_comes_from_what_is_known_where_it_is_a_valid_answer() -> None:
    written = field("land", "select", default_from="subject.country", default="b")
    assert shown(only(written, traits={"country": "a"}))["land"].default == "a"
    assert shown(only(written, traits={"country": "c"}))["land"].default == "b"
    assert shown(only(written, traits={"country": ["a"]}))["land"].default == "b"
    assert shown(only(written))["land"].default == "b"
    copied = field("again", "select", default_from="answers.size")
    assert shown(only(copied))["again"].default == "a"


def test_the_first_adjustment_that_holds_and_says_something_counts() -> None:
    written = field(
        "n",
        "number",
        default=1,
        placeholder="n",
        adjustments=[
            {"when": {"answers.size": "b"}, "default": 9},
            {"when": BIG, "placeholder": "many"},
            {"when": BIG, "default": 0, "placeholder": "more"},
        ],
    )
    found = shown(only(written))["n"]
    assert (found.default, found.placeholder) == (0, "many")
    calm = shown(only(written, answers={}))["n"]
    assert (calm.default, calm.placeholder) == (1, "n")


def test_a_requirement_may_come_with_the_case_and_then_holds_everywhere() -> None:
    written = field("vat", adjustments=[{"when": BIG, "required": True}])
    here, there = only(written), only(written, answers={"size": "b"})
    assert shown(here)["vat"].required
    assert not shown(there)["vat"].required
    assert not admits(here, Shown(step_id="s", field_ids=()))
    assert admits(there, Shown(step_id="s", field_ids=()))
    assert not may_complete(here.offered)
    assert fallback(here).choice.field_ids == ("vat",)
    document = here.flow.document.model_dump(mode="json", exclude_unset=True)
    seen = case(document, answers={"size": "a"}, seen=("s",))
    assert seen.done == set()
    assert case(document, answers={"size": "a", "vat": "x"}).done == {"s"}
    assert case(document, answers={"size": "b"}, seen=("s",)).done == {"s"}


def test_options_are_those_of_the_persona() -> None:
    options: list[object] = ["x", {"value": "y", "label": "y", "personas": ["big"]}]
    written = field("o", "select", options=options, default="y")
    big = shown(only(written, personas=PERSONAS))["o"]
    small = shown(only(written, personas=PERSONAS, answers={"size": "b"}))["o"]
    assert [each.value for each in big.options or ()] == ["x", "y"]
    assert big.default == "y"
    assert [each.value for each in small.options or ()] == ["x"]
    assert small.default is None


def test_a_select_never_loses_all_options_nor_the_chosen_one() -> None:
    special: list[object] = [
        {"value": each, "label": each, "personas": ["big"]} for each in ("x", "y")
    ]
    none_left = only(field("o", "select", options=special), personas=PERSONAS, answers={})
    assert [each.value for each in shown(none_left)["o"].options or ()] == ["x", "y"]
    for personal, left in ((False, ["z", "x"]), (True, ["z", "x", "y"])):
        written = field("o", "select", options=["z", *special], personal=personal)
        chosen = only(written, personas=PERSONAS, answers={"o": "x"})
        assert [each.value for each in shown(chosen)["o"].options or ()] == left


def test_what_is_missing_is_added_and_nothing_else() -> None:
    document = flow(step("s", field("a", required=True), field("b"), field("c", required=True)))
    here = case(document)
    assert completed(here, Shown(step_id="s", field_ids=("b",))).field_ids == ("b", "a", "c")
    complete = Shown(step_id="complete", field_ids=())
    assert completed(here, complete) == complete


def test_buttons_may_be_fewer_and_in_another_order_but_the_first_stays() -> None:
    ctas = [{"action": each, "label": each} for each in ("continue", "skip", "back")]
    here = case(flow(step("s", ctas=ctas)))
    plan = plan_of(here, Shown(step_id="s", field_ids=(), cta_actions=("back", "continue")))
    assert [each.action for each in plan.ctas] == ["back", "continue"]
    for actions in ((), ("skip",), ("continue", "continue"), ("continue", "pay")):
        assert not admits(here, Shown(step_id="s", field_ids=(), cta_actions=actions))


@pytest.mark.parametrize(
    ("written", "right", "wrong"),
    [
        (field("f", validators={"min_length": 2, "max_length": 3}), ["ab", " "], ["a", "abcd"]),
        (field("f", validators={"pattern": "[A-Z]{2}"}), ["DE", " DE "], ["DEU", "xDE", "de"]),
        (
            field("f", "number", validators={"minimum": 1, "maximum": 5, "whole": True}),
            [1, 5, 2.0],
            [0, 6, 1.5],
        ),
        (
            field("f", "multiselect", validators={"min_choices": 2}),
            [["a", "b"], []],
            [["a"]],
        ),
    ],
)
def test_answers_hold_what_validators_ask(
    written: Written, right: list[JsonValue], wrong: list[JsonValue]
) -> None:
    one = FormField.model_validate(written)
    assert [fault(one, each) for each in right] == [None] * len(right)
    assert all(fault(one, each) for each in wrong)


def test_a_validator_may_speak_for_itself() -> None:
    one = FormField.model_validate(field("f", validators={"min_length": 2, "message": "Too short"}))
    assert fault(one, "a") == "Too short"


@pytest.mark.parametrize(
    ("written", "fault_at"),
    [
        (field("f", "number", validators={"pattern": "x"}), ("validators", "validators/pattern")),
        (
            field("f", validators={"min_length": 3, "max_length": 2}),
            ("validators", "validators/min_length"),
        ),
        (field("f", validators={"pattern": "("}), ("validators", "validators/pattern")),
        (
            field("f", "multiselect", validators={"min_choices": 3}),
            ("validators", "validators/min_choices"),
        ),
        (field("f", default="a", validators={"min_length": 2}), ("default", "default")),
        (
            field("f", "number", adjustments=[{"when": {}, "default": "x"}]),
            ("default", "adjustments/0/default"),
        ),
        (
            field("f", adjustments=[{"when": {"persona": "x"}, "required": True}]),
            ("unknown_path", "adjustments/0/when/persona"),
        ),
        (
            field("f", adjustments=[{"when": {"answers.secret": "x"}}]),
            ("personal_value", "adjustments/0/when/answers.secret"),
        ),
        (field("f", default_from="answers.secret"), ("personal_value", "default_from")),
        (field("f", default_from="subject.email"), ("personal_value", "default_from")),
        (field("f", default_from="answers.nothing"), ("unknown_path", "default_from")),
        (
            field("f", "select", options=[{"value": "x", "label": "x", "personas": ["no"]}]),
            ("unknown_persona", "options/0/personas/0"),
        ),
    ],
)
def test_what_does_not_make_sense_is_not_published(
    written: Written, fault_at: tuple[str, str]
) -> None:
    document = flow(step("s", written, field("secret", personal=True)), personal_traits=["email"])
    code, place = fault_at
    assert (f"flow.{code}", f"/steps/0/fields/0/{place}") in refused(document)


def test_a_rule_shows_what_may_be_required() -> None:
    sometimes = field("vat", adjustments=[{"when": BIG, "required": True}])
    document = flow(
        step("s", sometimes, field("size", "select")), rules=[rule("r", "s", fields=["size"])]
    )
    assert refused(document) == {("flow.required_field", "/rules/0/fields")}


def test_a_tier_stands_once() -> None:
    document = flow(step("s"), cascade={"tiers": ["llm", "rules", "llm"]})
    assert refused(document) == {
        ("flow.repeated_id", "/cascade/tiers/0"),
        ("flow.repeated_id", "/cascade/tiers/2"),
    }
