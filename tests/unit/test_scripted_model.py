"""What a scripted model says: made from the request's own tool, well or wrong on purpose."""

import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types

from infra.model_server.asked import ToolAsked
from infra.model_server.example import FOREIGN, example
from infra.model_server.message import HUGE_CHARS, Message, message
from infra.model_server.scenario import SCENARIOS, Act, Scenario, Speech
from infra.model_server.usage import Counter, Used

SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["step_id", "field_ids", "label", "confidence"],
    "properties": {
        "step_id": {"type": "string", "enum": ["account", "tax"]},
        "field_ids": {"type": "array", "items": {"$ref": "#/$defs/field"}},
        "label": {"type": ["string", "null"], "maxLength": 4},
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
    },
    "$defs": {"field": {"enum": ["name", "email"]}},
}
TOOL: Final = ToolAsked.model_validate(
    {"type": "function", "function": {"name": "propose", "parameters": SCHEMA}}
)


def said(speech: Speech) -> Message:
    return message(speech, [TOOL])


def arguments(speech: Speech) -> str:
    (call,) = said(speech).calls
    return call.arguments


def test_the_good_answer_takes_the_first_choices() -> None:
    assert json.loads(arguments("good")) == {
        "step_id": "account",
        "field_ids": ["name"],
        "label": "Scri",
        "confidence": 0.9,
    }


SCHEMAS: Final = st.recursive(
    st.one_of(
        st.sampled_from([{"type": "string"}, {"type": "boolean"}, {"type": "number"}]),
        st.builds(lambda value: {"const": value}, st.text()),
        st.builds(lambda n: {"type": "string", "maxLength": n}, st.integers(0, 20)),
        st.builds(lambda values: {"enum": values}, st.lists(st.text(), min_size=1, unique=True)),
        st.builds(
            lambda low, room: {"type": "integer", "minimum": low, "maximum": low + room},
            st.integers(-50, 50),
            st.integers(0, 50),
        ),
    ),
    lambda inner: st.one_of(
        st.builds(lambda items: {"type": "array", "items": items}, inner),
        st.builds(lambda each: {"anyOf": each}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(
            lambda named: {
                "type": "object",
                "properties": named,
                "required": [*named],
                "additionalProperties": False,
            },
            st.dictionaries(st.text(max_size=4), inner, max_size=4),
        ),
    ),
)


@given(SCHEMAS)
def test_the_good_answer_is_admitted_by_any_tool_schema(schema: dict[str, Any]) -> None:
    Draft202012Validator(schema).validate(example(schema))


def test_a_foreign_answer_has_the_shape_and_none_of_the_names() -> None:
    assert json.loads(arguments("foreign_ids")) == {
        "step_id": FOREIGN,
        "field_ids": [FOREIGN],
        "label": "Scri",
        "confidence": 0.9,
    }


@pytest.mark.parametrize("speech", ["truncated", "truncated_unsaid", "not_json"])
def test_broken_arguments_are_not_json(speech: Speech) -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(arguments(speech))


def test_only_an_honest_truncation_says_so() -> None:
    assert said("truncated").finish == "length"
    assert said("truncated_unsaid").finish == "tool_calls"


def test_a_key_that_comes_twice_leaves_a_good_answer_to_careless_readers() -> None:
    pairs = json.loads(arguments("duplicate_keys"), object_pairs_hook=list)
    assert [name for name, _ in pairs].count("step_id") == 2
    assert json.loads(arguments("duplicate_keys")) == json.loads(arguments("good"))


def test_an_extra_key_breaks_a_closed_schema_only() -> None:
    extra = json.loads(arguments("extra_keys"))
    assert extra.pop(FOREIGN) is True
    assert extra == json.loads(arguments("good"))


def test_a_huge_answer_is_huge() -> None:
    assert len(arguments("huge")) > HUGE_CHARS


def test_hardly_sure_means_a_low_number() -> None:
    assert json.loads(arguments("unsure"))["confidence"] == 0.05


@pytest.mark.parametrize(
    ("speech", "names", "content"),
    [
        ("multi_call", ["propose", "propose"], False),
        ("wrong_tool", ["delete_everything"], False),
        ("extra_text", ["propose"], True),
        ("refusal", [], False),
        ("empty", [], False),
        ("filtered", [], False),
    ],
)
def test_what_is_called_and_what_is_said(
    speech: Speech, names: list[str], *, content: bool
) -> None:
    assert [each.name for each in said(speech).calls] == names
    assert bool(said(speech).content) is content
    assert bool(said(speech).refusal) is (speech == "refusal")


def test_without_tools_there_is_plain_text() -> None:
    assert message("good", []) == Message(content="Scripted.")


def test_the_last_act_is_played_forever() -> None:
    first, last = Act(status=500), Act()
    played = Scenario("twice", "two acts", (first, last))
    assert [played.act(call) for call in range(4)] == [first, last, last, last]


def test_a_prefix_is_written_once_and_cached_from_then_on() -> None:
    counter = Counter()
    first = counter.used("p" * 400, "r" * 40, "g" * 8)
    again = counter.used("p" * 400, "r" * 44, "g" * 8)
    assert first == Used(prompt=110, cached=0, written=100, generated=18, reasoned=16)
    assert again == Used(prompt=111, cached=100, written=0, generated=18, reasoned=16)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_says_what_it_shows(name: str) -> None:
    assert SCENARIOS[name].name == name
    assert SCENARIOS[name].about
