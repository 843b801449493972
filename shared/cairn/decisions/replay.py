"""The words of a replay: what is asked, what is answered."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from cairn.decisions.cascade import Attempt
from cairn.decisions.finding import Degraded, Judgement, Middle, Reason, Source
from cairn.decisions.model import Usage

type Confidence = Annotated[float, Field(ge=0, le=1)]


class ReplayRequest(BaseModel):
    """Body of `POST /v1/decisions/{id}/replay`: what should have been otherwise.

    Without anything, the decision is made again on exactly what it was made on; models are not
    asked again, but have said what they said.

    Attributes:
        flow_version: another published version of the flow.
        threshold: another least confidence of rules.
        choice_threshold: of options that a decision model chooses.
        llm_threshold: of what a model proposes.
        tiers: other tiers between cache and fallback.
        model: the id of a provider that is asked now, and paid.
        variation: another one that the flow names, of the flag that it depends on.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    flow_version: Annotated[int, Field(ge=1)] | None = None
    threshold: Confidence | None = None
    choice_threshold: Confidence | None = None
    llm_threshold: Confidence | None = None
    tiers: Annotated[tuple[Middle, ...], Field(max_length=3)] | None = None
    model: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    variation: Annotated[str, Field(min_length=1, max_length=64)] | None = None

    @property
    def changes(self) -> bool:
        """Whether anything should have been otherwise."""
        return bool(self.model_fields_set) and self != ReplayRequest()


class ReplayView[Plan](BaseModel):
    """Answer of a replay: what would be decided. Nothing of it is kept or reported.

    Attributes:
        variation: of the flag that the flow depends on; None where it depends on none, and where
            the variation cannot be served.
        same: whether the plan, who decided it, how surely and why, are what they were.
        unheard: tiers whose question was never put, so that nobody knows what a model would
            have said; name a `model` to ask it now.
        usage: what was paid now.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    decision_id: str
    flow_version: int
    variation: str | None
    source: Source
    plan: Plan
    confidence: float
    reasons: tuple[Reason, ...]
    same: bool
    attempts: tuple[Attempt, ...]
    judgements: tuple[Judgement, ...]
    degraded: Degraded | None
    unheard: tuple[str, ...]
    usage: Usage
