"""Whoever asks models, in the process: says what it is told, and remembers what it was asked."""

from collections.abc import Callable
from dataclasses import dataclass, field

from cairn.llm.caller import Caller
from cairn.llm.documents import ModelsDocument, Provider
from cairn.llm.model import (
    Attempted,
    Called,
    ChoiceAsk,
    ChoiceReply,
    Exceeded,
    Failure,
    FailureCode,
    ToolAsk,
    ToolReply,
    Usage,
)

PAID = Usage(uncached=100, cached=20, output=30, reasoning=5)
COST_USD = 0.002

BOTH = ModelsDocument(
    providers=(
        Provider(
            id="house",
            base_url="http://127.0.0.1:1",
            model="m-1",
            capabilities=("tools", "decisions"),
        ),
    )
)
TOOLS = ModelsDocument(
    providers=(Provider(id="house", base_url="http://127.0.0.1:1", model="m-1"),)
)


@dataclass
class ScriptedModels:
    """A `ModelPort`.

    Attributes:
        tools: what it says to tool calls, one after the other; the last one again and again.
        choices: the same, to choices.
        asked: every question, in order.
        waits: what happens while it is asked, such as time that passes; told the milliseconds
            that it may take.
    """

    tools: list[Called[ToolReply]] = field(default_factory=list)
    choices: list[Called[ChoiceReply]] = field(default_factory=list)
    asked: list[ToolAsk | ChoiceAsk] = field(default_factory=list)
    subjects: list[str | None] = field(default_factory=list)
    waits: Callable[[float], None] = lambda _: None

    def tool(
        self, caller: Caller, ask: ToolAsk, fault_of: Callable[[ToolReply], str | None]
    ) -> Called[ToolReply]:
        """Says the next thing; a reply with a fault is an invalid output."""
        self._note(caller, ask)
        called = self.tools.pop(0) if len(self.tools) > 1 else self.tools[0]
        fault = fault_of(called.reply) if called.reply and not called.failure else None
        return failed(FailureCode.INVALID_OUTPUT, fault, called.reply) if fault else called

    def choice(self, caller: Caller, ask: ChoiceAsk) -> Called[ChoiceReply]:
        """Says the next thing."""
        self._note(caller, ask)
        return self.choices.pop(0) if len(self.choices) > 1 else self.choices[0]

    def _note(self, caller: Caller, ask: ToolAsk | ChoiceAsk) -> None:
        self.asked.append(ask)
        self.subjects.append(caller.subject)
        self.waits(caller.left_ms())


def said[Reply](reply: Reply) -> Called[Reply]:
    """A reply that was paid for."""
    attempt = Attempted("house", "m-1", "answered", None, 12.0, PAID, COST_USD)
    return Called(reply, None, (attempt,), PAID, COST_USD, "house", "m-1")


def failed[Reply](
    code: FailureCode, outcome: str = "", reply: Reply | None = None
) -> Called[Reply]:
    """A call that gave nothing, and was paid for all the same."""
    attempt = Attempted("house", "m-1", outcome or code, None, 12.0, PAID, COST_USD)
    usage = PAID.wasted()
    return Called(reply, Failure(code, "Nothing."), (attempt,), usage, COST_USD)


def refused_for_budget(*, first: bool) -> Called[ToolReply]:
    """A call that the budget did not allow."""
    spent = Exceeded("workspace_day_usd", "2026-11-20", 5.0, first)
    failure = Failure(FailureCode.BUDGET, "Spent.")
    return Called(None, failure, exceeded=spent)


def tool(arguments: str) -> ToolReply:
    """A call of the tool with these arguments."""
    return ToolReply(arguments, "propose_next_step", "tool_calls", calls=1)
