"""What goes to an OpenAI-compatible endpoint, and what comes back: JSON, read with mistrust."""

from collections.abc import Collection, Sequence
from hashlib import blake2b
from typing import Annotated, Final

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from cairn.llm.bounds import bounded, on_offer
from cairn.llm.classify import UNREADABLE
from cairn.llm.client import Answered, AttemptFailed
from cairn.llm.documents import Provider
from cairn.llm.ledger import Reported, buckets
from cairn.llm.model import (
    ChoiceAsk,
    ChoiceFault,
    ChoiceReply,
    ErrorClass,
    ToolAsk,
    ToolReply,
    Usage,
)

type Body = dict[str, JsonValue]

REFUSED: Final = "refused"
REPEATED: Final[ChoiceFault] = "duplicate_key"

MOST_TOKENS: Final = 1_000_000_000
"""Larger counts are no counts: no model reads or writes as much in one call."""


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
    return Answered(bounded(reply), _usage(completion.usage))


def choice_reply(body: bytes, options: Collection[str]) -> Answered[ChoiceReply]:
    """Reads a decision among these options.

    Raises:
        AttemptFailed: it is not one (`unreadable`).
    """
    decision = _read(_Decision, body)
    answer = _first(decision.answers, decision.usage)
    refusal = REFUSED if answer.type == "refusal" else None
    chances = {each.value: each.probability for each in answer.probabilities}
    fault = REPEATED if len(chances) < len(answer.probabilities) else None
    reply = ChoiceReply(chances, refusal, fault)
    return Answered(on_offer(reply, options), _usage(decision.usage))


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


def _or_unreported[Part](said: object, read: ValidatorFunctionWrapHandler) -> Part | None:
    """What was counted wrongly is unreported: no reason to throw a good answer away."""
    try:
        found: Part = read(said)
    except ValidationError:
        return None
    return found


type _Said[Part] = Annotated[Part | None, WrapValidator(_or_unreported)]
type _Tokens = _Said[Annotated[int, Field(ge=0, le=MOST_TOKENS)]]


class _InputDetails(_Shape):
    cached_tokens: _Tokens = None
    cache_write_tokens: _Tokens = None


class _OutputDetails(_Shape):
    reasoning_tokens: _Tokens = None


class _ReportedUsage(_Shape):
    """Usage in the words of chat completions or in those of decisions."""

    prompt_tokens: _Tokens = None
    completion_tokens: _Tokens = None
    prompt_tokens_details: _Said[_InputDetails] = None
    completion_tokens_details: _Said[_OutputDetails] = None
    input_tokens: _Tokens = None
    output_tokens: _Tokens = None
    input_tokens_details: _Said[_InputDetails] = None
    output_tokens_details: _Said[_OutputDetails] = None
    total_tokens: _Tokens = None


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
    usage: _Said[_ReportedUsage] = None


class _Probability(_Shape):
    value: str
    probability: float = Field(allow_inf_nan=False)


class _Answer(_Shape):
    type: str
    probabilities: list[_Probability] = []


class _Decision(_Shape):
    answers: list[_Answer]
    usage: _Said[_ReportedUsage] = None


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
