"""What was asked and answered as attributes of a span: only where that is switched on.

The shape is that of OpenTelemetry's GenAI conventions (1.41), as JSON text. Prompts were redacted
before they left; answers are redacted here. Redaction comes before the cut, because half a value
looks like none.
"""

import json
from typing import Final

from pydantic import JsonValue
from pydantic_core import from_json

from cairn.llm.model import ChoiceAsk, ToolAsk, ToolReply
from cairn.llm.question import Replied
from cairn.llm.redact import redacted
from cairn.platform.observability.recording import OpenSpan

PAYLOAD_CHARS: Final = 20_000
"""How much of a text is kept."""

type Message = dict[str, object]
type Part = dict[str, object]


def attach(calling: OpenSpan, ask: ToolAsk | ChoiceAsk, reply: Replied | None) -> None:
    """Sets the messages of an attempt as attributes."""
    if isinstance(ask, ToolAsk):
        calling.set("gen_ai.system_instructions", json.dumps([_text(ask.system)]))
        said = [_text(ask.user)]
    else:
        said = [_text(each) for each in (ask.context, ask.question, "\n".join(ask.options))]
    calling.set("gen_ai.input.messages", json.dumps([{"role": "user", "parts": said}]))
    if reply is not None:
        calling.set("gen_ai.output.messages", json.dumps([_answer(reply)]))


def _answer(reply: Replied) -> Message:
    if isinstance(reply, ToolReply):
        parts = [_text(each) for each in (reply.text, reply.refusal) if each]
        if reply.arguments is not None:
            arguments = _arguments(reply.arguments)
            parts.append({"type": "tool_call", "name": reply.name, "arguments": arguments})
        return {"role": "assistant", "parts": parts, "finish_reason": reply.finish_reason}
    told = reply.refusal or json.dumps(dict(reply.probabilities))
    return {"role": "assistant", "parts": [_text(told)], "finish_reason": None}


def _text(content: str) -> Part:
    return {"type": "text", "content": _cut(content)}


def _arguments(text: str) -> JsonValue:
    """The arguments of a tool call, value by value; as text where they are no JSON, or too many."""
    if len(text) > PAYLOAD_CHARS:
        return _cut(text)
    try:
        arguments: JsonValue = from_json(text)
    except ValueError:
        return _cut(text)
    return _redacted(arguments)


def _redacted(value: JsonValue) -> JsonValue:
    match value:
        case str():
            return redacted(value).text
        case list():
            return [_redacted(each) for each in value]
        case dict():
            return {redacted(name).text: _redacted(each) for name, each in value.items()}
        case int() | float() if not isinstance(value, bool):
            return _number(value)
        case _:
            return value


def _number(value: float) -> JsonValue:
    """A number, or what redaction leaves of one that looks like a card or a phone."""
    text = json.dumps(value)
    left = redacted(text).text
    return value if left == text else left


def _cut(text: str) -> str:
    return redacted(text).text[:PAYLOAD_CHARS]
