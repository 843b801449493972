"""Model providers for tests: they answer what they are told to, and take their time."""

from collections.abc import Callable
from dataclasses import dataclass, field

from cairn.llm.client import Answered, AttemptFailed
from cairn.llm.documents import Provider
from cairn.llm.model import ChoiceAsk, ChoiceReply, ErrorClass, ToolAsk, ToolReply, Usage
from tests.fakes.ticks import Ticks

GOOD = ToolReply('{"step_id": "company"}', "propose_next_step", "tool_calls", calls=1)
USED = Usage(uncached=100, cached=50, output=20, reasoning=5)


@dataclass(frozen=True, slots=True)
class Turn:
    """One answer, or one failure, after a while."""

    said: ToolReply | ChoiceReply | AttemptFailed = GOOD
    takes_ms: float = 100.0
    usage: Usage | None = USED


def fails(
    error_class: ErrorClass,
    outcome: str = "http_500",
    *,
    takes_ms: float = 10.0,
    retry_after_ms: float | None = None,
) -> Turn:
    """A failure."""
    return Turn(AttemptFailed(error_class, outcome, retry_after_ms), takes_ms, None)


@dataclass(slots=True)
class ScriptedClient:
    """A `ModelClient` that goes through each provider's turns; the last one is repeated.

    Attributes:
        turns: by provider id.
        asked: the provider and the time it was given, by attempt.
        meanwhile: happens during every attempt.
    """

    ticks: Ticks
    turns: dict[str, list[Turn]]
    asked: list[tuple[str, float]] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None

    def tool(
        self,
        workspace: str,  # noqa: ARG002  # the port's words
        provider: Provider,
        ask: ToolAsk,  # noqa: ARG002  # the port's words
        within_ms: float,
    ) -> Answered[ToolReply]:
        """See `ModelClient.tool`."""
        reply, usage = self._turn(provider, within_ms)
        assert isinstance(reply, ToolReply)
        return Answered(reply, usage)

    def choice(
        self,
        workspace: str,  # noqa: ARG002  # the port's words
        provider: Provider,
        ask: ChoiceAsk,  # noqa: ARG002  # the port's words
        within_ms: float,
    ) -> Answered[ChoiceReply]:
        """See `ModelClient.choice`."""
        reply, usage = self._turn(provider, within_ms)
        assert isinstance(reply, ChoiceReply)
        return Answered(reply, usage)

    def _turn(
        self, provider: Provider, within_ms: float
    ) -> tuple[ToolReply | ChoiceReply, Usage | None]:
        self.asked.append((provider.id, within_ms))
        self.meanwhile()
        turns = self.turns[provider.id]
        turn = turns.pop(0) if len(turns) > 1 else turns[0]
        self.ticks.pass_s(min(turn.takes_ms, within_ms) / 1000)
        if turn.takes_ms > within_ms:
            raise AttemptFailed(ErrorClass.TIMEOUT, "timeout")
        if isinstance(turn.said, AttemptFailed):
            said = turn.said
            raise AttemptFailed(said.error_class, said.outcome, said.retry_after_ms)
        return turn.said, turn.usage
