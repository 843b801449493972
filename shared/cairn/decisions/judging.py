"""What becomes of a model's answer: followed when it is sure enough, passed over otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cairn.decisions.degrading import code_of, degraded_by
from cairn.decisions.finding import Finding, Judgement, ModelTier, Pass, Reason
from cairn.decisions.limits import FIRST_SHARE, MODEL_LEAST_MS, MODEL_RESERVE_MS, REASONING_CHARS
from cairn.decisions.model_port import Consulting
from cairn.decisions.proposal import Fault, Proposal
from cairn.llm.model import Called, FailureCode
from cairn.platform.clock import Deadline

OUT_OF_TIME: Final = "out_of_time"
DECIDED: Final[Mapping[ModelTier, Reason]] = {
    "choice": Reason(code="model.choice", text="A decision model found this step the most likely."),
    "llm": Reason(code="model.proposal", text="A model proposed this step for this visitor."),
}
"""Why something was decided, in words of our own; the model's stand in its judgement."""


@dataclass(frozen=True, slots=True)
class Bar:
    """What a model tier must clear.

    Attributes:
        tier: whose it is.
        threshold: the least confidence, 0 to 1, with which it decides.
        shares: whether another model tier stands behind it and needs its part of the time.
    """

    tier: ModelTier
    threshold: float
    shares: bool

    def reserve_ms(self, deadline: Deadline) -> float:
        """What this tier leaves of the deadline, in milliseconds."""
        left_ms = deadline.left_ms(MODEL_RESERVE_MS)
        return MODEL_RESERVE_MS + (left_ms * (1 - FIRST_SHARE) if self.shares else 0)

    def late(self, deadline: Deadline) -> bool:
        """Whether there is no use in asking any more."""
        return deadline.left_ms(self.reserve_ms(deadline)) < MODEL_LEAST_MS


def too_late() -> Pass:
    """A tier that had no time to ask."""
    return Pass(OUT_OF_TIME, degraded=degraded_by(OUT_OF_TIME))


def failed[Reply](called: Called[Reply]) -> Pass:
    """A call that gave nothing that can be used."""
    code = called.failure.code if called.failure else FailureCode.UNAVAILABLE
    unusable = code is FailureCode.INVALID_OUTPUT and called.attempts
    outcome = called.attempts[-1].outcome if unusable else code
    return Pass(outcome, degraded=degraded_by(code))


def judged[Doc, Case, Choice, Reply](
    bar: Bar,
    consulting: Consulting[Doc, Case, Choice],
    called: Called[Reply],
    read: Proposal[Choice] | Fault,
    probabilities: Mapping[str, float],
) -> Finding[Choice] | Pass:
    """What an answer comes to.

    Args:
        bar: what must be cleared.
        consulting: on what it was asked.
        called: the call.
        read: the answer, as it was read.
        probabilities: by option, where there were options.
    """
    said = Judgement(
        tier=bar.tier,
        outcome="found",
        proposed=None,
        confidence=0.0,
        probabilities=probabilities,
        model=f"{called.provider}/{called.model}",
        prompt=consulting.moment.prompt.label,
    )
    if isinstance(read, Fault):
        return _passed(said, read)
    said = said.model_copy(
        update={
            "proposed": consulting.step(read.choice),
            "confidence": read.confidence,
            "reasoning": read.reasoning[:REASONING_CHARS],
        }
    )
    if read.confidence < bar.threshold:
        return Pass("unsure", judgement=said.model_copy(update={"outcome": "unsure"}))
    reasons = (DECIDED[bar.tier],)
    return Finding(choice=read.choice, confidence=read.confidence, reasons=reasons, judgement=said)


def _passed(said: Judgement, fault: Fault) -> Pass:
    judgement = said.model_copy(update={"outcome": fault.code})
    if fault.code == "none_of_these":
        return Pass(fault.code, judgement=judgement)
    return Pass(fault.code, degraded=degraded_by(code_of(fault.code)), judgement=judgement)
