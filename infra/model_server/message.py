"""What the model says in each manner of speech."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from infra.model_server.asked import ToolAsked
from infra.model_server.example import FOREIGN, PLAIN, UNSURE, Style, example
from infra.model_server.scenario import Speech

type Finish = Literal["stop", "length", "tool_calls", "content_filter"]

HUGE_CHARS: Final = 2_000_000
CHAT: Final = "Happy to help! Here is the next step:"
REFUSAL: Final = "I can't help with that."

STYLES: Final[Mapping[Speech, Style]] = {
    "huge": Style(text="because " * (HUGE_CHARS // 8)),
    "foreign_ids": Style(foreign=True),
    "unsure": Style(sure=UNSURE),
}
"""Speeches that are good in form."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a tool; its arguments are text, right or wrong."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """What an assistant says.

    Attributes:
        finish: why it stops.
    """

    content: str | None = None
    refusal: str | None = None
    calls: tuple[Call, ...] = ()
    finish: Finish = "stop"

    @property
    def text(self) -> str:
        """Everything that was generated."""
        said = "".join(filter(None, (self.content, self.refusal)))
        return said + "".join(each.name + each.arguments for each in self.calls)


def message(speech: Speech, tools: Sequence[ToolAsked]) -> Message:
    """What is said, made from the tools of the request; without tools it is plain text."""
    match speech:
        case "refusal":
            return Message(refusal=REFUSAL)
        case "filtered":
            return Message(finish="content_filter")
        case "empty":
            return Message()
    if not tools:
        return Message(content="Scripted.")
    return _calling(speech, tools[0])


def _calling(speech: Speech, tool: ToolAsked) -> Message:
    name, good = tool.function.name, _arguments(tool)
    call = Call(name, good)
    said = Message(calls=(call,), finish="tool_calls")
    match speech:
        case "multi_call":
            return replace(said, calls=(call, call))
        case "extra_text":
            return replace(said, content=CHAT)
        case "wrong_tool":
            return replace(said, calls=(Call("delete_everything", good),))
        case "truncated":
            return replace(said, calls=(Call(name, good[: len(good) // 2]),), finish="length")
        case _:
            return replace(said, calls=(Call(name, _written(speech, tool, good)),))


def _written(speech: Speech, tool: ToolAsked, good: str) -> str:
    """The text of the arguments."""
    styled = STYLES.get(speech)
    if styled is not None:
        return _arguments(tool, styled)
    match speech:
        case "truncated_unsaid":
            return good[: len(good) // 2]
        case "not_json":
            return "I would show the first step."
        case "duplicate_keys":
            return _with_first_key_twice(good)
        case "extra_keys":
            return f'{good[:-1]}, "{FOREIGN}": true}}'
        case _:
            return good


def _arguments(tool: ToolAsked, style: Style = PLAIN) -> str:
    return json.dumps(example(tool.function.parameters, style))


def _with_first_key_twice(good: str) -> str:
    written = json.loads(good)
    first = next(iter(written), "")
    return f"{{{json.dumps(first)}: {json.dumps(FOREIGN)}, {good[1:]}"
