"""What a request remembers of its models: as it was read, in a bearable size, whoever answers."""

import json
from typing import Final

from cairn.decisions.arguments import read_arguments
from cairn.decisions.consulted import Consulted
from cairn.decisions.memoized_models import MemoizedModels, consulted
from cairn.llm.bounds import ARGUMENTS_CHARS
from cairn.llm.caller import Caller
from cairn.llm.model import Called, ChoiceAsk, ChoiceReply, FailureCode, ToolReply
from cairn.platform.clock import Deadline
from tests.calling import ASK
from tests.fakes.models import BOTH, ScriptedModels, failed, said, tool
from tests.fakes.ticks import Ticks

LARGE: Final = 20_000
LONG: Final = "x" * 900_000
CHOICE: Final = ChoiceAsk("context", "Which?", ("one", "two"))


def caller() -> Caller:
    """Somebody with a second."""
    return Caller("demo", None, BOTH, Deadline.within(1_000, Ticks()), 0)


def told(called: Called[ToolReply]) -> tuple[ToolReply | None, Consulted]:
    """A tool call as it is read, and as it is remembered."""
    once = MemoizedModels(ScriptedModels(tools=[called]))
    found = once.tool(caller(), ASK, lambda _: None)
    return found.reply, consulted(once.asked[0], "p")


def chosen(reply: ChoiceReply) -> tuple[ChoiceReply | None, Consulted]:
    """A choice, the same."""
    once = MemoizedModels(ScriptedModels(choices=[said(reply)]))
    found = once.choice(caller(), CHOICE)
    return found.reply, consulted(once.asked[0], "p")


def test_whatever_a_model_says_little_is_read_and_remembered() -> None:
    read, kept = told(said(ToolReply("{}", LONG, LONG, refusal=LONG, calls=1, text=LONG)))
    assert kept.tool == read
    assert len(kept.model_dump_json()) < LARGE


def test_options_that_were_not_on_offer_are_neither_read_nor_remembered() -> None:
    strange = {f"o{number}": 0.0 for number in range(60_000)}
    read, kept = chosen(ChoiceReply({"one": 1.0, "two": 0.0, **strange}))
    assert read == ChoiceReply({"one": 1.0, "two": 0.0}, fault="outside_whitelist")
    assert kept.choice == read


def test_the_longest_answer_that_is_read_is_remembered_whole() -> None:
    text = json.dumps({"reasoning": "because " * 4_000}).ljust(ARGUMENTS_CHARS)
    assert isinstance(read_arguments(text), dict)
    read, kept = told(said(tool(text)))
    assert read == kept.tool == tool(text)


def test_of_an_answer_without_use_only_the_beginning_is_remembered() -> None:
    useless = failed(FailureCode.INVALID_OUTPUT, "invalid_json", tool("\0" * ARGUMENTS_CHARS))
    _, kept = told(useless)
    assert len(kept.model_dump_json()) < LARGE
