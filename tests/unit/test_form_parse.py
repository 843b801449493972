"""What a model said: proposals inside the whitelist, and faults that are told apart."""

import json
from typing import Final

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types

from cairn.decisions.proposal import Fault, Proposal
from cairn.decisions.surfaces.form.candidates import admits
from cairn.decisions.surfaces.form.context import NONE_OF_THESE
from cairn.decisions.surfaces.form.model import Case, Shown
from cairn.decisions.surfaces.form.parse import chosen, parsed
from cairn.decisions.surfaces.form.prompt import ask_of
from cairn.llm.bounds import ARGUMENTS_CHARS
from cairn.llm.model import ChoiceReply, ToolReply
from tests.flows import case, field, flow, step
from tests.prompts import arguments, moment, said

CTAS: Final = [{"action": each, "label": each} for each in ("continue", "skip", "back")]
NAME: Final = step("name", field("name", required=True), field("nick"), ctas=CTAS)
EXTRAS: Final = step("extras", field("colour", "select"), field("size", "number"))
HERE: Final = case(flow(NAME, EXTRAS))
OPEN: Final = case(flow(NAME, EXTRAS), answers={"name": "Ada"})
GOOD: Final = json.dumps(arguments("name", ("name", "text"), ("nick", "text")))


def proposal(reply: ToolReply, here: Case = HERE) -> Proposal[Shown]:
    found = parsed(here, reply)
    assert isinstance(found, Proposal), found
    assert admits(here, found.choice)
    return found


def code(reply: ToolReply, here: Case = HERE) -> str:
    found = parsed(here, reply)
    assert isinstance(found, Fault), found
    return found.code


def test_a_good_proposal_becomes_a_choice() -> None:
    written = arguments("name", ("nick", "text"), ("name", "text"), ctas=["continue", "back"])
    found = proposal(said(written))
    assert found.choice == Shown(
        step_id="name", field_ids=("nick", "name"), cta_actions=("continue", "back")
    )
    assert (found.confidence, found.reasoning, found.completed) == (0.8, "It fits.", ())


def test_what_may_not_be_left_out_is_added() -> None:
    found = proposal(said(arguments("name", ("nick", "text"), ctas=["skip"])))
    assert found.choice.field_ids == ("nick", "name")
    assert found.choice.cta_actions == ("continue", "skip")
    assert found.completed == ("name",)


def test_what_stands_twice_counts_once() -> None:
    written = arguments("name", ("name", "text"), ("name", "text"), ctas=["continue"] * 2)
    found = proposal(said(written)).choice
    assert (found.field_ids, found.cta_actions) == (("name",), ("continue",))


def test_the_end_may_be_proposed_where_the_flow_may_end() -> None:
    assert proposal(said(arguments("complete", ctas=[])), OPEN).choice.step_id == "complete"
    assert code(said(arguments("complete", ctas=[]))) == "outside_whitelist"
    strange = arguments("complete", ("colour", "select"), ctas=[])
    assert code(said(strange), OPEN) == "outside_whitelist"


def test_limits_of_the_flow_hold_for_models_and_spare_what_is_required() -> None:
    document = flow(
        step("s", *(field(f"f{n}", required=n < 2) for n in range(5))), limits={"fields": 3}
    )
    everything = [(f"f{n}", "text") for n in reversed(range(5))]
    found = proposal(said(arguments("s", *everything)), case(document))
    assert found.choice.field_ids == ("f4", "f1", "f0")


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (said(GOOD, refusal="No."), "refused"),
        (said(GOOD, finish_reason="content_filter"), "refused"),
        (said(GOOD, finish_reason="length"), "truncated"),
        (said(GOOD[:-1]), "truncated"),
        (said(GOOD[:40]), "truncated"),
        (said(GOOD, calls=2), "multi_call"),
        (said(GOOD, name="delete_everything"), "wrong_tool"),
        (said(GOOD, name=None), "wrong_tool"),
        (said(GOOD, text="Sure!"), "extra_text"),
        (said(None, calls=0, name=None, text="I would show the name."), "extra_text"),
        (said(f"{GOOD} There you go."), "extra_text"),
        (said(GOOD * 2), "extra_text"),
        (said(f"```json\n{GOOD}\n```"), "extra_text"),
        (said(None, calls=0, name=None), "empty"),
        (said(" "), "empty"),
        (said(GOOD.replace('"ctas"', '"step_id": "x", "ctas"')), "duplicate_key"),
        (said(GOOD.replace('"kind"', '"id": "x", "kind"')), "duplicate_key"),
        (said("name"), "invalid_json"),
        (said("{'step_id': 'name'}"), "invalid_json"),
        (said(GOOD.replace("0.8", "NaN")), "invalid_json"),
        (said(GOOD.replace("0.8", "9" * 5_000)), "invalid_json"),
        (said("[" * 20_000), "invalid_json"),
        (said('{"a":' * 6_000), "truncated"),
        (said(GOOD + " " * ARGUMENTS_CHARS), "too_large"),
        (said("[]"), "schema"),
        (said("{}"), "schema"),
        (said(GOOD.replace("0.8", "1.5")), "schema"),
        (said(GOOD.replace("0.8", '"0.8"')), "schema"),
        (said(GOOD.replace("0.8", "1e999")), "schema"),
        (said(arguments("name", ("name", "text"), more=1)), "schema"),
        (said(arguments("name", ("name", "poem"))), "schema"),
        (said(arguments("nowhere", ("name", "text"))), "outside_whitelist"),
        (said(arguments("name", ("name", "text"), ("x", "text"))), "outside_whitelist"),
        (said(arguments("name", ("colour", "select"))), "outside_whitelist"),
        (said(arguments("name", ("name", "email"))), "outside_whitelist"),
        (said(arguments("name", ("name", "text"), ctas=["pay"])), "outside_whitelist"),
    ],
)
def test_faults_are_told_apart(reply: ToolReply, fault: str) -> None:
    assert code(reply) == fault


def test_whatever_is_cut_off_is_truncated() -> None:
    text = json.dumps(arguments("name", ("name", "text"), confidence=0.75, reasoning='é "x"'))
    assert {code(said(text[:end])) for end in range(1, len(text))} == {"truncated"}


def test_a_fault_repeats_nothing_that_a_model_said() -> None:
    found = parsed(HERE, said(arguments("tell-nobody", ("tell-nobody", "text"))))
    assert "tell-nobody" not in repr(found)


def test_reasoning_is_redacted_and_cut() -> None:
    written = arguments("name", reasoning="Mail ada@example.com! " + "because " * 200)
    reasoning = proposal(said(written)).reasoning
    assert reasoning.startswith("Mail [email 1]! because")
    assert len(reasoning) <= 500
    assert proposal(said(GOOD.replace("It fits.", "It \\ud800fits."))).reasoning == "It fits."


def test_what_the_tool_does_not_ask_for_need_not_be_said() -> None:
    large = step("large", *(field(f"{'x' * 40}_{n}") for n in range(40)))
    here = case(flow(step("hello"), large))
    asked = ask_of(here, moment(context_tokens=300))
    assert asked is not None
    written = arguments("hello")
    del written["fields"]
    assert Draft202012Validator(asked.tool.parameters).is_valid(written)
    assert proposal(said(written), here).choice.step_id == "hello"
    assert code(said({**written, "step_id": "large"}), here) == "schema"
    assert code(said({**written, "step_id": ["hello"]}), here) == "schema"


def test_probabilities_may_be_rounded() -> None:
    found = chosen(HERE, ChoiceReply({"name": 0.66, "extras": 0.33, NONE_OF_THESE: 0.03}))
    assert isinstance(found, Proposal)
    assert found.confidence == 0.66


def test_the_likeliest_option_is_chosen_with_all_its_fields() -> None:
    found = chosen(OPEN, ChoiceReply({"extras": 0.7, "complete": 0.2, NONE_OF_THESE: 0.1}))
    assert found == Proposal(Shown(step_id="extras", field_ids=("colour", "size")), 0.7)
    ended = chosen(OPEN, ChoiceReply({"extras": 0.1, "complete": 0.9}))
    assert ended == Proposal(Shown(step_id="complete", field_ids=()), 0.9)


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (ChoiceReply({}, refusal="No."), "refused"),
        (ChoiceReply({}), "empty"),
        (ChoiceReply({"name": 0.2, NONE_OF_THESE: 0.8}), "none_of_these"),
        (ChoiceReply({"admin": 0.9, "name": 0.1}), "outside_whitelist"),
        (ChoiceReply({"complete": 0.9}), "outside_whitelist"),
        (ChoiceReply({"name": 1.2}), "schema"),
        (ChoiceReply({"name": float("nan")}), "schema"),
        (ChoiceReply({"name": 1.0, NONE_OF_THESE: 1.0}), "schema"),
        (ChoiceReply({"name": 0.9}), "schema"),
        (ChoiceReply({"name": 1.0}, fault="duplicate_key"), "duplicate_key"),
    ],
)
def test_choices_that_cannot_be_followed_are_told_apart(reply: ChoiceReply, fault: str) -> None:
    found = chosen(HERE, reply)
    assert isinstance(found, Fault)
    assert found.code == fault
