"""The words of decisions: what is asked, what is answered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from cairn.behavior.signals import Signals
from cairn.decisions.finding import Degraded, Reason, Source
from cairn.decisions.limits import (
    ANSWERS,
    DEADLINE_MS,
    EVENTS,
    LONGEST_DEADLINE_MS,
    SHORTEST_DEADLINE_MS,
    TRAITS,
)
from cairn.events.model import Instant, SessionId

type Name = Annotated[str, Field(min_length=1, max_length=64)]
type Whole = Annotated[int, Field(ge=-(2**53) + 1, le=2**53 - 1)]
type Scalar = bool | Whole | Annotated[float, Field(allow_inf_nan=False)] | LongText
type LongText = Annotated[str, Field(max_length=4_000)]
type Value = Scalar | Annotated[list[Scalar], Field(max_length=100)]
"""A flat JSON value: what answers and traits are made of."""


class Subject(BaseModel):
    """Who is asked.

    Attributes:
        id: the caller's own id of the person; pseudonymized wherever it is written about.
        traits: what is known of them, flat.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    id: Annotated[str, Field(min_length=1, max_length=128)]
    traits: Annotated[dict[Name, Value], Field(max_length=TRAITS)] = {}


class DecisionRequest(BaseModel):
    """Body of `POST /v1/decisions`.

    Attributes:
        surface: the kind of place that asks.
        flow: the id of a published flow.
        session_id: the session that goes on; without one the answer starts it.
        answers: what was answered since the last request; null takes an answer back.
        events: what happened since then, as in `POST /v1/events`; the session is implied.
        sent_at: when this is sent, by the clock that dated the events; what that clock misses by
            more than 2 seconds, up to a day, is added to their times.
        deadline_ms: until when the answer is wanted, 50 to 10,000.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    surface: Literal["form"] = "form"
    flow: Annotated[str, Field(min_length=1, max_length=64)]
    session_id: SessionId | None = None
    subject: Subject | None = None
    answers: Annotated[dict[Name, Value | None], Field(max_length=ANSWERS)] = {}
    events: Annotated[list[dict[str, JsonValue]], Field(max_length=EVENTS)] = []
    sent_at: Instant | None = None
    deadline_ms: Annotated[int, Field(ge=SHORTEST_DEADLINE_MS, le=LONGEST_DEADLINE_MS)] = (
        DEADLINE_MS
    )


class SessionRequest(BaseModel):
    """Body of `POST /v1/sessions`.

    Attributes:
        flow: the flow that the session will go through; the first decision says so otherwise.
        session_id: an id of the caller's own; for keys that may bring sessions.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    flow: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    session_id: SessionId | None = None
    subject: Subject | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """A variation of an experiment that took part in a decision."""

    key: str
    variation: str


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds; None for a tier that was not asked."""

    total: float
    cache: float | None
    rules: float | None
    model: float | None


@dataclass(frozen=True, slots=True)
class Usage:
    """What models were paid for."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0


class Decision[Plan](BaseModel):
    """Answer of `POST /v1/decisions`.

    Attributes:
        session_id: the session that the next request goes on with; None where it could not be
            started.
        confidence: 0 to 1.
        degraded: what was missing, if anything.
        explanation: where the decision is explained; None where it could not be kept.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    id: str
    session_id: str | None
    flow: str
    flow_version: int
    source: Source
    plan: Plan
    confidence: float
    reasons: tuple[Reason, ...]
    experiments: tuple[Assignment, ...] = ()
    behavior: Signals
    degraded: Degraded | None
    timing_ms: Timing
    usage: Usage = Usage()
    trace_id: str
    explanation: str | None


class SessionView[Plan](BaseModel):
    """Answer of `POST /v1/sessions` and `GET /v1/sessions/{id}`: all it takes to resume.

    Attributes:
        flow: None before the first decision of a session that was started without one.
        decision_id: the last decision; None before the first.
        step: the step on screen; `complete` at the end.
        plan: what was last shown.
        answers: everything that was answered.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    session_id: str
    flow: str | None
    decision_id: str | None
    step: str | None
    steps_seen: tuple[str, ...]
    plan: Plan | None
    answers: dict[str, JsonValue]
    decisions: int
    started_at: datetime
    touched_at: datetime
