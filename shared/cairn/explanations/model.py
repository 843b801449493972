"""The words of explanations: factors, narrative, what is answered."""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from cairn.decisions.finding import Source

SCHEMA: Final = 1

type FactorKind = Literal[
    "decided", "persona", "behavior", "other_rule", "model", "experiment", "path", "degraded"
]


class Factor(BaseModel):
    """One thing that spoke for a decision, or against it.

    Attributes:
        code: stable, such as `rule.short_company` or `degraded.cache_unavailable`.
        impact: -1 to 1; how much it spoke for what was decided (above 0) or for something else
            (below 0); 0 where it only tells how the decision came about.
        text: one English sentence, without values that the visitor gave.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    code: str
    kind: FactorKind
    impact: Annotated[float, Field(ge=-1, le=1)]
    text: str


class Narrative(BaseModel):
    """A decision told in a few sentences.

    Attributes:
        author: who wrote it: a template over the factors, or a model.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    schema_version: int = SCHEMA
    text: str
    author: Literal["template", "model"]
    written_at: datetime


class ExplanationView(BaseModel):
    """Answer of `GET` and `POST /v1/decisions/{id}/explanation`.

    Attributes:
        step: the step that was shown.
        confidence: of the decision, 0 to 1.
        summary: one sentence.
        factors: the weightiest first.
        narrative: None until one was asked for and written.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    decision_id: str
    decided_at: datetime
    flow: str
    flow_version: int
    step: str
    source: Source
    confidence: float
    summary: str
    factors: tuple[Factor, ...]
    narrative: Narrative | None
    trace_id: str


class NarrativeOrder(BaseModel):
    """A message on the explanations queue: a narrative is wanted."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    schema_version: Annotated[int, Field(ge=1, le=SCHEMA)] = SCHEMA
    workspace: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
    decision_id: Annotated[str, Field(min_length=1, max_length=128)]
    trace_id: str
