"""What goes to an OpenAI-compatible endpoint, and what comes back: JSON, read with mistrust."""

from collections.abc import Sequence
from hashlib import blake2b

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from cairn.llm.classify import UNREADABLE
from cairn.llm.client import Answered, AttemptFailed
from cairn.llm.documents import Provider
from cairn.llm.ledger import Reported, buckets
from cairn.llm.model import ChoiceAsk, ChoiceReply, ErrorClass, ToolAsk, ToolReply, Usage

type Body = dict[str, JsonValue]

REFUSED = "refused"


def tool_request(provider: Provider, ask: ToolAsk) -> Body:
    """The body of `POST /chat/completions`: one strict tool, which must be called."""
    function: Body = {
        "name": ask.tool.name,
        "description": ask.tool.description,
        "parameters": dict(ask.tool.parameters),
        "strict": True,
    }
    return {
        "model": provider.model,
        "messages": [
            {"role": "system", "content": ask.system},
            {"role": "user", "content": ask.user},
        ],
        "tools": [{"type": "function", "function": function}],
        "tool_choice": {"type": "function", "function": {"name": ask.tool.name}},
        "parallel_tool_calls": False,
        "max_completion_tokens": ask.max_output_tokens,
        **_cached(provider, ask.system),
    }


def choice_request(provider: Provider, ask: ChoiceAsk) -> Body:
    """The body of `POST /decisions`: one question with its options."""
    question: Body = {
        "type": "choice",
        "name": "next",
        "instructions": ask.question,
        "choices": [{"value": each} for each in ask.options],
    }
    return {
        "model": provider.model,
        "input": ask.context,
        "questions": [question],
        **_cached(provider, ask.question),
    }


def _cached(provider: Provider, stable: str) -> Body:
    """Sends calls with the same beginning to the same prompt cache."""
    if "prompt_cache" not in provider.capabilities:
        return {}
    return {"prompt_cache_key": blake2b(stable.encode(), digest_size=16).hexdigest()}


def tool_reply(body: bytes) -> Answered[ToolReply]:
    """Reads a chat completion.

    Raises:
        AttemptFailed: it is not one (`unreadable`).
    """
    completion = _read(_Completion, body)
    choice = _first(completion.choices, completion.usage)
    calls = choice.message.tool_calls or []
    first = calls[0].function if calls else _Function()
    reply = ToolReply(
        arguments=first.arguments,
        name=first.name,
        finish_reason=choice.finish_reason,
        refusal=choice.message.refusal,
        calls=len(calls),
        text=choice.message.content,
    )
    return Answered(reply, _usage(completion.usage))


def choice_reply(body: bytes) -> Answered[ChoiceReply]:
    """Reads a decision.

    Raises:
        AttemptFailed: it is not one (`unreadable`).
    """
    decision = _read(_Decision, body)
    answer = _first(decision.answers, decision.usage)
    refusal = REFUSED if answer.type == "refusal" else None
    chances = {each.value: each.probability for each in answer.probabilities}
    return Answered(ChoiceReply(chances, refusal), _usage(decision.usage))


def _read[Shape: BaseModel](shape: type[Shape], body: bytes) -> Shape:
    try:
        return shape.model_validate_json(body)
    except ValidationError:
        raise AttemptFailed(ErrorClass.TRANSIENT, UNREADABLE) from None


def _first[Part](parts: Sequence[Part], usage: "_ReportedUsage | None") -> Part:
    """The one part that was asked for; an answer without any is none, but it is paid for."""
    if not parts:
        raise AttemptFailed(ErrorClass.TRANSIENT, UNREADABLE, usage=_usage(usage))
    return parts[0]


class _Shape(BaseModel):
    model_config = ConfigDict(defer_build=True, frozen=True)


class _InputDetails(_Shape):
    cached_tokens: int | None = Field(None, ge=0)
    cache_write_tokens: int | None = Field(None, ge=0)


class _OutputDetails(_Shape):
    reasoning_tokens: int | None = Field(None, ge=0)


class _ReportedUsage(_Shape):
    """Usage in the words of chat completions or in those of decisions."""

    prompt_tokens: int | None = Field(None, ge=0)
    completion_tokens: int | None = Field(None, ge=0)
    prompt_tokens_details: _InputDetails | None = None
    completion_tokens_details: _OutputDetails | None = None
    input_tokens: int | None = Field(None, ge=0)
    output_tokens: int | None = Field(None, ge=0)
    input_tokens_details: _InputDetails | None = None
    output_tokens_details: _OutputDetails | None = None
    total_tokens: int | None = Field(None, ge=0)


class _Function(_Shape):
    name: str | None = None
    arguments: str | None = None


class _ToolCall(_Shape):
    function: _Function


class _Message(_Shape):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[_ToolCall] | None = None


class _Choice(_Shape):
    finish_reason: str | None = None
    message: _Message


class _Completion(_Shape):
    choices: list[_Choice]
    usage: _ReportedUsage | None = None


class _Probability(_Shape):
    value: str
    probability: float = Field(allow_inf_nan=False)


class _Answer(_Shape):
    type: str
    probabilities: list[_Probability] = []


class _Decision(_Shape):
    answers: list[_Answer]
    usage: _ReportedUsage | None = None


def _usage(said: _ReportedUsage | None) -> Usage | None:
    if said is None:
        return None
    read = said.prompt_tokens if said.prompt_tokens is not None else said.input_tokens
    wrote = said.completion_tokens if said.completion_tokens is not None else said.output_tokens
    if read is None or wrote is None:
        return None
    inside = said.prompt_tokens_details or said.input_tokens_details or _InputDetails()
    thought = said.completion_tokens_details or said.output_tokens_details or _OutputDetails()
    return buckets(
        Reported(
            input=read,
            output=wrote,
            cached=inside.cached_tokens or 0,
            written=inside.cache_write_tokens or 0,
            reasoning=thought.reasoning_tokens or 0,
            total=said.total_tokens,
        )
    )
