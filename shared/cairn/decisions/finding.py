"""What a tier of the cascade gives: a finding, or a reason to go on to the next."""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

type Source = Literal["cache", "rules", "choice", "llm", "fallback"]
"""Who decided."""

type RuleOutcome = Literal["followed", "unmet", "not_offered", "unsure"]
"""What became of a rule: followed; not all of its condition holds; it leads to what may not be
shown now; or it is less sure than the flow demands."""


class Reason(BaseModel):
    """Why something was decided: a stable code and one sentence."""

    model_config = ConfigDict(frozen=True)

    code: str
    text: str


class Degraded(BaseModel):
    """What was missing when this was decided: a stable code and one sentence."""

    model_config = ConfigDict(frozen=True)

    code: str
    detail: str


class RuleTrace(BaseModel):
    """What became of one rule; tells paths, never values.

    Attributes:
        leads_to: what the rule would show.
        reads: the paths of its whole condition.
        held: how many clauses of its condition hold, of `clauses`.
        unmet: the paths that the other clauses read.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    outcome: RuleOutcome
    leads_to: str
    confidence: float
    held: int
    clauses: int
    reads: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()


class Finding[Choice](BaseModel):
    """What should be shown, and why.

    Attributes:
        choice: what to show, in the surface's own words.
        confidence: 0 to 1.
        evidence: what became of the rules that matter here.
    """

    model_config = ConfigDict(frozen=True)

    choice: Choice
    confidence: float = Field(ge=0, le=1)
    reasons: tuple[Reason, ...]
    evidence: tuple[RuleTrace, ...] = ()


@dataclass(frozen=True, slots=True)
class Pass:
    """A tier that leaves the decision to the next one.

    Attributes:
        code: why, such as `miss` or `no_rule`.
        degraded: set where the tier could not do its work.
    """

    code: str
    evidence: tuple[RuleTrace, ...] = ()
    degraded: Degraded | None = None
