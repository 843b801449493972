"""A request's own view of the models: every question is asked, and paid for, once.

A request that meets a changed session decides anew. If it comes to the same question again, it
takes the answer that it has; whatever it asked is remembered for its record and its report.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b

from cairn.decisions.consulted import Consulted
from cairn.decisions.finding import ModelTier
from cairn.decisions.model_port import ModelPort
from cairn.llm.bounds import bounded, on_offer, shortened
from cairn.llm.caller import Caller
from cairn.llm.model import Called, ChoiceAsk, ChoiceReply, ToolAsk, ToolReply
from cairn.platform.clock import Deadline


@dataclass(frozen=True, slots=True)
class Asked[Ask, Reply]:
    """A question to a model, and what became of it.

    Attributes:
        took_ms: from question to answer, all attempts and waits included.
    """

    tier: ModelTier
    ask: Ask
    called: Called[Reply]
    took_ms: float


type AskedEither = Asked[ToolAsk, ToolReply] | Asked[ChoiceAsk, ChoiceReply]


class MemoizedModels:
    """A `ModelPort` that lives as long as one request."""

    def __init__(self, models: ModelPort) -> None:
        self._models = models
        self._tools: list[Asked[ToolAsk, ToolReply]] = []
        self._choices: list[Asked[ChoiceAsk, ChoiceReply]] = []

    @property
    def asked(self) -> tuple[AskedEither, ...]:
        """Every question of this request."""
        return (*self._choices, *self._tools)

    def tool(
        self, caller: Caller, ask: ToolAsk, fault_of: Callable[[ToolReply], str | None]
    ) -> Called[ToolReply]:
        """See `ModelPort.tool`."""
        return _once(
            "llm",
            self._tools,
            ask,
            caller.deadline,
            lambda: self._models.tool(caller, ask, fault_of),
            bounded,
        )

    def choice(self, caller: Caller, ask: ChoiceAsk) -> Called[ChoiceReply]:
        """See `ModelPort.choice`."""
        return _once(
            "choice",
            self._choices,
            ask,
            caller.deadline,
            lambda: self._models.choice(caller, ask),
            lambda reply: on_offer(reply, ask.options),
        )


def consulted(asked: AskedEither, prompt: str) -> Consulted:
    """What is remembered of a question."""
    called = asked.called
    return Consulted(
        tier=asked.tier,
        asked=digest_of(asked.ask),
        prompt=prompt,
        provider=called.provider,
        model=called.model,
        failure=called.failure.code if called.failure else None,
        shared=called.shared,
        took_ms=asked.took_ms,
        attempts=called.attempts,
        usage=called.usage,
        cost_usd=called.cost_usd,
        exceeded=called.exceeded,
        tool=_tool(called),
        choice=called.reply if isinstance(called.reply, ChoiceReply) else None,
    )


def digest_of(ask: ToolAsk | ChoiceAsk) -> str:
    """A question's digest: the same words, the same digest."""
    body = json.dumps([type(ask).__name__, asdict(ask)], sort_keys=True, separators=(",", ":"))
    return blake2b(body.encode(), digest_size=16).hexdigest()


def _tool(called: Called[ToolReply] | Called[ChoiceReply]) -> ToolReply | None:
    """The answer as it was read; the beginning of one that was of no use."""
    reply = called.reply
    if not isinstance(reply, ToolReply):
        return None
    return shortened(reply) if called.failure else reply


def _once[Ask, Reply](  # noqa: PLR0913, PLR0917  # what every question is made of
    tier: ModelTier,
    known: list[Asked[Ask, Reply]],
    ask: Ask,
    deadline: Deadline,
    call: Callable[[], Called[Reply]],
    bound: Callable[[Reply], Reply],
) -> Called[Reply]:
    """What became of the question; whoever was asked, the reply is read and kept in one size."""
    for each in known:
        if each.ask == ask:
            return each.called
    started_s = deadline.tick()
    called = call()
    if called.reply is not None:
        called = replace(called, reply=bound(called.reply))
    known.append(Asked(tier, ask, called, (deadline.tick() - started_s) * 1000))
    return called
