"""What counts as an answer."""

import pytest

from cairn.decisions.surfaces.form.answers import fault, faults, given, satisfies
from cairn.decisions.surfaces.form.parts import FormField
from tests.flows import field

GOOD = {
    "text": ["x", ""],
    "textarea": ["two\nlines"],
    "email": ["ada@example.com", " ada@example.com ", ""],
    "tel": ["+49 30 1"],
    "url": ["https://example.com"],
    "number": [0, -1, 2.5],
    "select": ["a", ""],
    "multiselect": [[], ["a"], ["b", "a"]],
    "checkbox": [True, False],
    "date": ["2026-11-20", ""],
}
BAD = {
    "text": [1, True, ["a"], "x" * 4_001],
    "textarea": [None],
    "email": ["ada", "a@b c", "@"],
    "tel": [49],
    "url": [False],
    "number": ["1", True, float("nan"), float("inf"), 10**400],
    "select": ["c", ["a"], 1],
    "multiselect": ["a", ["c"], ["a", "a"], [1]],
    "checkbox": ["yes", 1, 0],
    "date": ["20-11-2026", "2026-02-30", "20261120", 20261120],
}


def of(kind: str, **more: object) -> FormField:
    return FormField.model_validate(field("f", kind, **more))


@pytest.mark.parametrize(("kind", "values"), GOOD.items())
def test_what_fits_a_kind_is_an_answer(kind: str, values: list[object]) -> None:
    assert [fault(of(kind), value) for value in values] == [None] * len(values)


@pytest.mark.parametrize(("kind", "values"), BAD.items())
def test_what_does_not_fit_a_kind_is_told_in_a_sentence(kind: str, values: list[object]) -> None:
    assert all(fault(of(kind), value) for value in values)


def test_faults_point_at_the_answer_and_never_repeat_it() -> None:
    found = faults({"f": of("email")}, {"f": "secret", "a/b~c": 1, "g": None})
    assert [(each.pointer, each.code) for each in found] == [
        ("/answers/f", "answer.invalid"),
        ("/answers/a~1b~0c", "answer.unknown_field"),
        ("/answers/g", "answer.unknown_field"),
    ]
    assert "secret" not in str(found)


def test_taking_an_answer_back_is_always_right() -> None:
    assert faults({"f": of("email", required=True)}, {"f": None}) == []


def test_blank_and_empty_answer_nothing() -> None:
    assert [given(value) for value in ("", "  ", None, [], False, 0, "x", ["a"])] == [
        False, False, False, False, True, True, True, True,
    ]  # fmt: skip


def test_a_required_checkbox_wants_to_be_checked() -> None:
    assert not satisfies(of("checkbox"), value=False)
    assert satisfies(of("checkbox"), value=True)
    assert not satisfies(of("text"), " ")


def test_whoever_chose_something_else_is_told_the_choices() -> None:
    few, many = (
        FormField.model_validate(field("size", "select", options=[f"c{n}" for n in range(count)]))
        for count in (2, 11)
    )
    assert fault(few, "x") == "this is not one of: c0, c1"
    assert str(fault(many, "x")).endswith("c9, …")
