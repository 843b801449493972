"""What a tier of the cascade gives: a finding, or a reason to go on to the next."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

type Source = Literal["cache", "rules", "choice", "llm", "fallback"]
"""Who decided."""

type Middle = Literal["rules", "choice", "llm"]
"""The tiers that may stand between cache and fallback."""

type ModelTier = Literal["choice", "llm"]
"""The tiers that ask a model."""

type StepStatus = Literal["offered", "done", "not_concerned"]
"""Where a step stands: on offer; asked for nothing any more; its condition does not hold."""

type Layer = Literal["L1", "L2"]
"""Where a cached finding was found: in the process, or in the cache that all share."""

type RuleOutcome = Literal["followed", "unmet", "not_offered", "unsure"]
"""What became of a rule: followed; not all of its condition holds; it leads to what may not be
shown now; or it is less sure than the flow demands."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was decided: a stable code and one sentence."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Degraded:
    """What was missing when this was decided: a stable code and one sentence."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """What became of one rule; tells paths, never values.

    Attributes:
        leads_to: what the rule would show.
        reads: the paths of its whole condition.
        held: how many clauses of its condition hold, of `clauses`.
        unmet: the paths that the other clauses read.
    """

    id: str
    outcome: RuleOutcome
    leads_to: str
    confidence: float
    held: int
    clauses: int
    reads: tuple[str, ...] = ()
    unmet: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A step that was not shown, and why.

    Attributes:
        why: `done`; `not_concerned`: its condition does not hold; or it was on offer, and
            `not_led_to` by the rule that was followed, `less_likely` or `not_proposed` to a
            model, `later_in_order` to the fallback.
        probability: what a decision model gave it, 0 to 1.
    """

    step: str
    why: str
    probability: float | None = None


class Judgement(BaseModel):
    """What a model said of a case, whether it was followed or not.

    Attributes:
        tier: who asked it.
        outcome: `found`, or why it was not followed: `unsure`, `none_of_these`, `not_admitted`.
        proposed: the step that it would show; None where it chose none of them.
        confidence: how sure it is, 0 to 1.
        probabilities: of each option, where the model gives them; the mandatory last one is
            `none_of_these`.
        reasoning: the model's own words. Nobody answers for them: they are data, and are only
            shown as a quotation.
        model: who said it, as `<provider>/<model>`.
        prompt: the prompt that asked, as `<id>@<version>`.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    tier: ModelTier
    outcome: str
    proposed: str | None
    confidence: float = Field(ge=0, le=1)
    probabilities: Mapping[str, float] = {}
    reasoning: str = ""
    model: str
    prompt: str


class Finding[Choice](BaseModel):
    """What should be shown, and why.

    Attributes:
        choice: what to show, in the surface's own words.
        confidence: 0 to 1.
        evidence: what became of the rules that matter here.
        judgement: what the model said that decided, if one did.
        layer: which cache it comes from; None where it was found just now.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    choice: Choice
    confidence: float = Field(ge=0, le=1)
    reasons: tuple[Reason, ...]
    evidence: tuple[RuleTrace, ...] = ()
    judgement: Judgement | None = None
    layer: Layer | None = Field(default=None, exclude=True)


@dataclass(frozen=True, slots=True)
class Pass:
    """A tier that leaves the decision to the next one.

    Attributes:
        code: why, such as `miss` or `no_rule`.
        degraded: set where the tier could not do its work.
        judgement: what a model said that was not followed.
    """

    code: str
    evidence: tuple[RuleTrace, ...] = ()
    degraded: Degraded | None = None
    judgement: Judgement | None = None
