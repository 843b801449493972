"""Models as a decision remembers them: they say what they said, and are not asked."""

from collections.abc import Callable, Sequence
from typing import Final

from cairn.decisions.consulted import Consulted
from cairn.decisions.finding import ModelTier
from cairn.decisions.memoized_models import digest_of
from cairn.llm.caller import Caller
from cairn.llm.model import (
    Called,
    ChoiceAsk,
    ChoiceReply,
    Failure,
    FailureCode,
    ToolAsk,
    ToolReply,
)

UNHEARD: Final = Failure(FailureCode.UNAVAILABLE, "This was not asked when it was decided.")


class RecordedModels:
    """A `ModelPort` over what a decision remembers.

    Attributes:
        unheard: the tiers that asked what was not asked then.
    """

    def __init__(self, consulted: Sequence[Consulted], *, exactly: bool) -> None:
        """What was asked.

        Args:
            consulted: every question of the decision.
            exactly: whether only the very same question gets its answer. A question may tell
                less today, because what was hidden from the model is not known any more.
        """
        self._consulted = consulted
        self._exactly = exactly
        self.unheard: list[ModelTier] = []

    def tool(
        self,
        caller: Caller,  # noqa: ARG002  # nobody is asked
        ask: ToolAsk,
        fault_of: Callable[[ToolReply], str | None],  # noqa: ARG002  # the same
    ) -> Called[ToolReply]:
        """What was said to this tool call."""
        found = self._found("llm", ask)
        return _again(found, found.tool) if found else Called(None, UNHEARD)

    def choice(
        self,
        caller: Caller,  # noqa: ARG002  # the same
        ask: ChoiceAsk,
    ) -> Called[ChoiceReply]:
        """What was said to this choice."""
        found = self._found("choice", ask)
        return _again(found, found.choice) if found else Called(None, UNHEARD)

    def _found(self, tier: ModelTier, ask: ToolAsk | ChoiceAsk) -> Consulted | None:
        of_tier = [each for each in self._consulted if each.tier == tier]
        asked = digest_of(ask)
        same = [each for each in of_tier if each.asked == asked]
        found = (same or ([] if self._exactly else of_tier))[-1:]
        if not found:
            self.unheard.append(tier)
        return found[0] if found else None


def _again[Reply](found: Consulted, reply: Reply | None) -> Called[Reply]:
    """The same outcome, for free."""
    failure = Failure(FailureCode(found.failure), "As it was.") if found.failure else None
    return Called(
        reply, failure, attempts=found.attempts, provider=found.provider, model=found.model
    )
