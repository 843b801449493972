"""A model provider as a port: one attempt, answered or failed."""

from dataclasses import dataclass
from typing import Protocol

from cairn.llm.documents import Provider
from cairn.llm.model import ChoiceAsk, ChoiceReply, ErrorClass, ToolAsk, ToolReply, Usage


@dataclass(frozen=True, slots=True)
class Answered[Reply]:
    """What one attempt gave.

    Attributes:
        usage: None where the provider did not report it.
    """

    reply: Reply
    usage: Usage | None


class AttemptFailed(Exception):  # reads as plain words, as the error tree does
    """One attempt gave no answer; never carries prompts, answers or keys.

    Attributes:
        error_class: what kind of failure it was.
        outcome: what happened, such as `http_429`; see `Attempted.outcome`.
        retry_after_ms: how long the provider asked to be left alone.
        usage: what it says was used all the same.
    """

    def __init__(
        self,
        error_class: ErrorClass,
        outcome: str,
        retry_after_ms: float | None = None,
        usage: Usage | None = None,
    ) -> None:
        super().__init__(outcome)
        self.error_class = error_class
        self.outcome = outcome
        self.retry_after_ms = retry_after_ms
        self.usage = usage


class ModelClient(Protocol):
    """Makes one attempt, without any retry of its own."""

    def tool(
        self, workspace: str, provider: Provider, ask: ToolAsk, within_ms: float
    ) -> Answered[ToolReply]:
        """Asks for a tool call on behalf of a workspace; never takes longer than `within_ms`.

        Raises:
            AttemptFailed: no readable answer came in time.
        """
        ...

    def choice(
        self, workspace: str, provider: Provider, ask: ChoiceAsk, within_ms: float
    ) -> Answered[ChoiceReply]:
        """Asks for a probability of each option, as `tool` asks for its call.

        Raises:
            AttemptFailed: no readable answer came in time.
        """
        ...
