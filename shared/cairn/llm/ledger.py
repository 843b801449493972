"""Tokens in disjoint buckets that add up to what providers reported, and what they cost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Final

from cairn.llm.model import Attempted, ChoiceAsk, ChoiceReply, ToolAsk, ToolReply, Usage

type Estimate = Callable[[str], int]
"""Tokens of a text, about."""

BYTES_PER_TOKEN: Final = 4
"""What English prose and JSON have on average in the vocabularies of today's models."""


@dataclass(frozen=True, slots=True)
class Reported:
    """What a provider said about one call, in its own, overlapping counts.

    Attributes:
        total: of everything; where it is more than input and output, reasoning stands outside
            of output.
    """

    input: int
    output: int
    cached: int = 0
    written: int = 0
    reasoning: int = 0
    total: int | None = None


def buckets(reported: Reported) -> Usage:
    """The same tokens in disjoint buckets, input and output each apart from what is part of it.

    Parts that are larger than their whole are cut to it.
    """
    cached = min(reported.cached, reported.input)
    written = min(reported.written, reported.input - cached)
    apart = reported.total == reported.input + reported.output + reported.reasoning
    reasoning = reported.reasoning if apart else min(reported.reasoning, reported.output)
    return Usage(
        uncached=reported.input - cached - written,
        cached=cached,
        written=written,
        output=reported.output if apart else reported.output - reasoning,
        reasoning=reasoning,
    )


def rough(text: str) -> int:
    """Tokens of a text where a provider does not report them: a quarter of its UTF-8 bytes."""
    return -(-len(text.encode()) // BYTES_PER_TOKEN)


def estimated(
    ask: ToolAsk | ChoiceAsk, reply: ToolReply | ChoiceReply | None, estimate: Estimate
) -> Usage:
    """What an unreported call cost in tokens, about; marked as an estimate."""
    return Usage(
        uncached=estimate(_asked(ask)),
        output=estimate(_said(reply)) if reply else 0,
        estimated=True,
    )


def _asked(ask: ToolAsk | ChoiceAsk) -> str:
    if isinstance(ask, ToolAsk):
        return "\n".join((ask.system, ask.user, ask.tool.description, str(ask.tool.parameters)))
    return "\n".join((ask.context, ask.question, *ask.options))


def _said(reply: ToolReply | ChoiceReply) -> str:
    if isinstance(reply, ToolReply):
        return "".join((reply.arguments or "", reply.text or "", reply.refusal or ""))
    return "".join(reply.probabilities)


def balance(attempts: Sequence[Attempted]) -> tuple[Usage, float]:
    """The tokens and USD of all attempts; those of attempts that were not used are lost."""
    parts = [each.usage if each.error_class is None else each.usage.wasted() for each in attempts]
    return reduce(add, parts, Usage()), sum(each.cost_usd for each in attempts)
