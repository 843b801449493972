"""What a decision remembers of the models that it asked, and of what else it was made on."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from cairn.behavior.model import Recent
from cairn.decisions.finding import ModelTier
from cairn.llm.model import Attempted, ChoiceReply, Exceeded, ToolReply, Usage


class Consulted(BaseModel):
    """One question to a model, and what became of it.

    Attributes:
        asked: digest of the whole question; a replay that asks the same is given the same reply.
        failure: why there was no answer; None where there was one.
        shared: whether another request, with the same question, made the call.
        attempts: every attempt at every provider, in order.
        usage: of all attempts; the sum over a workspace's decisions is what providers reported.
        cost_usd: of all attempts, by the prices of the day.
        exceeded: the budget that is spent, if one is.
        tool: the answer to the strict tool call, as it came and unbelieved.
        choice: the answer of a decision model.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    tier: ModelTier
    asked: str
    prompt: str
    provider: str | None
    model: str | None
    failure: str | None
    shared: bool
    took_ms: float
    attempts: tuple[Attempted, ...]
    usage: Usage
    cost_usd: float
    exceeded: Exceeded | None = None
    tool: ToolReply | None = None
    choice: ChoiceReply | None = None


class Published(BaseModel):
    """Which version of a document was decided on."""

    model_config = ConfigDict(defer_build=True, frozen=True)

    version: int
    digest: str


class Inputs(BaseModel):
    """What a decision was made on, besides the attributes; no personal values.

    Attributes:
        now: the present of the decision.
        recent: the session's last events, where a model might be told of them.
        documents: what was published then, by `<kind>/<id>`.
        variation: of the flag that the flow depends on, if it does.
        served: whether it could be decided on what the variation has.
        decided_on: the address of the flow that was decided on, where a variation had another one
            take its place.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    now: datetime
    recent: Recent = ()
    documents: Mapping[str, Published]
    variation: str | None = None
    served: bool = True
    decided_on: str | None = None
