"""What comes back from a provider: bounded, with usage that is believed only where it can be."""

import json

import pytest

from cairn.decisions.arguments import read_arguments
from cairn.decisions.proposal import Fault
from cairn.llm.bounds import ARGUMENTS_CHARS, TEXT_CHARS, WORD_CHARS
from cairn.llm.model import ChoiceReply, ToolReply, Usage
from cairn.llm.wire import MOST_TOKENS, choice_reply, tool_reply

OPTIONS = ("one", "two")
LONG = "x" * 900_000


def completion(usage: object = None, finish: str = "tool_calls", **message: object) -> bytes:
    call = {"function": {"name": "propose", "arguments": "{}"}}
    choice = {"finish_reason": finish, "message": {"tool_calls": [call], **message}}
    return json.dumps({"choices": [choice], "usage": usage}).encode()


def called(**function: str) -> bytes:
    return completion(tool_calls=[{"function": {"name": "p", "arguments": "{}", **function}}])


def decision(*chances: tuple[str, float], usage: object = None) -> bytes:
    told = [{"value": value, "probability": each} for value, each in chances]
    answer = {"type": "choice", "probabilities": told}
    return json.dumps({"answers": [answer], "usage": usage}).encode()


@pytest.mark.parametrize(
    ("body", "part", "chars"),
    [
        (called(arguments=LONG), "arguments", ARGUMENTS_CHARS + 1),
        (called(name=LONG), "name", WORD_CHARS),
        (completion(finish=LONG), "finish_reason", WORD_CHARS),
        (completion(refusal=LONG), "refusal", TEXT_CHARS),
        (completion(content=LONG), "text", TEXT_CHARS),
    ],
)
def test_every_text_of_a_reply_is_bounded(body: bytes, part: str, chars: int) -> None:
    assert len(getattr(tool_reply(body).reply, part)) == chars


def test_what_is_too_long_or_stands_beside_a_call_is_so_after_it_was_bounded() -> None:
    found = read_arguments(tool_reply(called(arguments="{}" + " " * 40_000)).reply.arguments or "")
    assert isinstance(found, Fault)
    assert found.code == "too_large"
    assert tool_reply(completion(content=" " * 5_000 + "Sure!")).reply.text == "Sure!"


def test_the_longest_arguments_that_are_read_come_whole() -> None:
    text = "{}".ljust(ARGUMENTS_CHARS)
    assert tool_reply(called(arguments=text)).reply.arguments == text


@pytest.mark.parametrize(
    ("chances", "reply"),
    [
        ((("one", 0.7), ("two", 0.3)), ChoiceReply({"one": 0.7, "two": 0.3})),
        (
            (("one", 0.7), ("two", 0.3), (LONG, 0.0)),
            ChoiceReply({"one": 0.7, "two": 0.3}, fault="outside_whitelist"),
        ),
        (
            (("one", 0.7), ("two", 0.3), ("two", 0.3)),
            ChoiceReply({"one": 0.7, "two": 0.3}, fault="duplicate_key"),
        ),
    ],
    ids=["good", "strange", "twice"],
)
def test_only_options_on_offer_are_kept_and_others_are_a_fault(
    chances: tuple[tuple[str, float], ...], reply: ChoiceReply
) -> None:
    assert choice_reply(decision(*chances), OPTIONS).reply == reply


@pytest.mark.parametrize(
    "wrong", [-1, 1.5, "many", [], {}, MOST_TOKENS + 1, 10**16, 10**300, 10**400]
)
@pytest.mark.parametrize("name", ["prompt_tokens", "completion_tokens"])
def test_a_count_that_cannot_be_is_unreported_and_costs_no_answer(name: str, wrong: object) -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 5, name: wrong}
    answered = tool_reply(completion(usage))
    assert isinstance(answered.reply, ToolReply)
    assert answered.usage is None


@pytest.mark.parametrize("wrong", [-1, 1.5, "many", [], 10**400])
def test_a_part_that_cannot_be_leaves_the_whole(wrong: object) -> None:
    usage = {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "total_tokens": wrong,
        "prompt_tokens_details": {"cached_tokens": wrong, "cache_write_tokens": 4},
        "completion_tokens_details": wrong,
    }
    assert tool_reply(completion(usage)).usage == Usage(uncached=6, written=4, output=5)


@pytest.mark.parametrize("usage", [5, "much", [], [{}], {"input_tokens": -1}])
def test_usage_of_any_other_shape_is_unreported(usage: object) -> None:
    assert tool_reply(completion(usage)).usage is None
    body = decision(("one", 1.0), ("two", 0.0), usage=usage)
    assert choice_reply(body, OPTIONS).usage is None
