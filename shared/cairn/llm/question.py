"""One question to models, whatever is asked: how it is put, and what is wrong with an answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cairn.llm.bounds import OFF_THE_LIST
from cairn.llm.client import Answered, AttemptFailed, ModelClient
from cairn.llm.documents import Capability, Provider
from cairn.llm.model import ChoiceAsk, ChoiceReply, ErrorClass, ToolAsk, ToolReply
from cairn.llm.probabilities import add_up

type Replied = ToolReply | ChoiceReply

FILTERED: Final = "content_filter"

type FaultOf[Reply] = Callable[[Reply], str | None]
"""The code of what makes a reply useless to the caller, or None where it can be used."""


@dataclass(frozen=True, slots=True)
class Question[Reply: Replied]:
    """What is asked of any provider.

    Attributes:
        kind: the type of the reply.
        needs: what a provider must be capable of.
        put: makes one attempt, within milliseconds.
        fault: what is wrong with a reply, as a failed attempt.
    """

    ask: ToolAsk | ChoiceAsk
    kind: type[Reply]
    needs: Capability
    put: Callable[[Provider, float], Answered[Reply]]
    fault: Callable[[Reply], AttemptFailed | None]


def of_tool(
    client: ModelClient, workspace: str, ask: ToolAsk, fault_of: FaultOf[ToolReply]
) -> Question[ToolReply]:
    """Asks for a tool call."""
    return Question(
        ask=ask,
        kind=ToolReply,
        needs="tools",
        put=lambda provider, ms: client.tool(workspace, provider, ask, ms),
        fault=lambda reply: _ended_badly(reply) or _invalid(fault_of(reply)),
    )


def of_choice(client: ModelClient, workspace: str, ask: ChoiceAsk) -> Question[ChoiceReply]:
    """Asks for a probability of each option."""
    return Question(
        ask=ask,
        kind=ChoiceReply,
        needs="decisions",
        put=lambda provider, ms: client.choice(workspace, provider, ask, ms),
        fault=lambda reply: _declined(reply.refusal) or _invalid(_impossible(ask, reply)),
    )


def _ended_badly(reply: ToolReply) -> AttemptFailed | None:
    if reply.finish_reason == "length":
        return AttemptFailed(ErrorClass.TRUNCATED, "truncated")
    return _declined(reply.refusal or (FILTERED if reply.finish_reason == FILTERED else None))


def _declined(refusal: str | None) -> AttemptFailed | None:
    return AttemptFailed(ErrorClass.REFUSAL, "refused") if refusal else None


def _invalid(code: str | None) -> AttemptFailed | None:
    return AttemptFailed(ErrorClass.VALIDATION, code) if code else None


def _impossible(ask: ChoiceAsk, reply: ChoiceReply) -> str | None:
    if reply.fault:
        return reply.fault
    if set(reply.probabilities) != set(ask.options):
        return OFF_THE_LIST
    return None if add_up(reply.probabilities) else "schema"
