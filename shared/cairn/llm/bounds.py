"""How much of a model's answer is listened to: the rest could not be read, and is never kept."""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from cairn.llm.model import ChoiceFault, ChoiceReply, ToolReply

ARGUMENTS_CHARS: Final = 32_768
"""Longest arguments of a tool call; longer ones are not read."""

TEXT_CHARS: Final = 2_000
"""Longest refusal, and longest text beside a call: that there is any is all that matters."""

WORD_CHARS: Final = 100
"""Longest name of a tool, and longest word for how an answer ended."""

OFF_THE_LIST: Final[ChoiceFault] = "outside_whitelist"
"""The fault of a choice among other options than those on offer."""


def bounded(reply: ToolReply) -> ToolReply:
    """A reply of bearable size that reads as it came: what is too long is so afterwards too."""
    return replace(
        reply,
        arguments=_beginning(reply.arguments, ARGUMENTS_CHARS + 1),
        name=_beginning(reply.name, WORD_CHARS),
        finish_reason=_beginning(reply.finish_reason, WORD_CHARS),
        refusal=_beginning(reply.refusal, TEXT_CHARS),
        text=_beginning(reply.text and reply.text.strip(), TEXT_CHARS),
    )


def shortened(reply: ToolReply) -> ToolReply:
    """What is remembered of a bounded reply that was of no use."""
    return replace(reply, arguments=_beginning(reply.arguments, TEXT_CHARS))


def on_offer(reply: ChoiceReply, options: Collection[str]) -> ChoiceReply:
    """A choice without options that were not on offer; that it named some is its fault."""
    offered = {name: each for name, each in reply.probabilities.items() if name in options}
    strange = OFF_THE_LIST if len(offered) < len(reply.probabilities) else None
    return ChoiceReply(
        probabilities=offered,
        refusal=_beginning(reply.refusal, TEXT_CHARS),
        fault=reply.fault or strange,
    )


def _beginning(text: str | None, chars: int) -> str | None:
    return text if text is None else text[:chars]
