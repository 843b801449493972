"""The words of a model call: what is asked, what came back, on which way and at what cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from pydantic import JsonValue


@dataclass(frozen=True, slots=True)
class ToolSchema:
    """The one tool that a model may call.

    Attributes:
        parameters: a strict JSON Schema of its arguments (`additionalProperties: false`).
    """

    name: str
    description: str
    parameters: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class ToolAsk:
    """A strict tool call is asked for.

    Attributes:
        system: the stable part of the prompt, first, so that providers can cache it.
        user: the part that changes; data, delimited, redacted.
        max_output_tokens: where an answer is cut off.
    """

    system: str
    user: str
    tool: ToolSchema
    max_output_tokens: int


@dataclass(frozen=True, slots=True)
class ChoiceAsk:
    """One of several options is asked for.

    Attributes:
        context: what is known, redacted.
        options: 2 to 255 different ones, "none of these" among them.
    """

    context: str
    question: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens in disjoint buckets: together they are what providers reported.

    Attributes:
        uncached: input read at full price.
        cached: input that the provider had in its prompt cache.
        written: input that the provider wrote to its prompt cache.
        output: what was answered, less `reasoning`.
        reasoning: output that was thought and not shown.
        lost: everything of attempts whose answer was not used, input and output.
        estimated: whether a provider did not report its part, so that it is our estimate.
    """

    uncached: int = 0
    cached: int = 0
    written: int = 0
    output: int = 0
    reasoning: int = 0
    lost: int = 0
    estimated: bool = False

    @property
    def input_tokens(self) -> int:
        """What the used answer read."""
        return self.uncached + self.cached + self.written

    @property
    def output_tokens(self) -> int:
        """What the used answer wrote, with what it thought."""
        return self.output + self.reasoning

    @property
    def total(self) -> int:
        """All buckets together."""
        return self.input_tokens + self.output_tokens + self.lost

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            uncached=self.uncached + other.uncached,
            cached=self.cached + other.cached,
            written=self.written + other.written,
            output=self.output + other.output,
            reasoning=self.reasoning + other.reasoning,
            lost=self.lost + other.lost,
            estimated=self.estimated or other.estimated,
        )

    def wasted(self) -> "Usage":
        """The same tokens as lost ones."""
        return Usage(lost=self.total, estimated=self.estimated)


class ErrorClass(StrEnum):
    """Why an attempt gave nothing that can be used."""

    TRANSIENT = "transient"
    """The connection broke, or the provider stumbled (5xx, an unreadable body)."""

    RATE_LIMIT = "rate_limit"
    """Too many calls (429)."""

    OVERLOADED = "overloaded"
    """The provider has no room for anybody (503, 529)."""

    AUTHENTICATION = "authentication"
    """The key is missing, wrong, or may not do this (401, 403)."""

    VALIDATION = "validation"
    """The request (400, 413, 422) or the answer breaks its schema."""

    PERMANENT = "permanent"
    """It will never work like this: no such model or address, credit used up."""

    TIMEOUT = "timeout"
    """There was no complete answer in time."""

    REFUSAL = "refusal"
    """The model declined."""

    TRUNCATED = "truncated"
    """The answer was cut off at its token limit."""


class FailureCode(StrEnum):
    """Why a call gave nothing; these are codes of `degraded`."""

    TIMEOUT = "llm_timeout"
    UNAVAILABLE = "llm_unavailable"
    INVALID_OUTPUT = "llm_invalid_output"
    REFUSED = "llm_refused"
    BUDGET = "budget_exhausted"
    BREAKER = "breaker_open"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call gave nothing.

    Attributes:
        detail: one English sentence without prompts, answers or keys.
    """

    code: FailureCode
    detail: str


@dataclass(frozen=True, slots=True)
class Attempted:
    """One attempt at one provider.

    Attributes:
        provider: the provider's id in the `models` document.
        outcome: `answered`; or what happened: `http_429`, `no_connection`, `timeout`,
            `unreadable`, `refused`, `truncated`, `breaker_open`, the code of the fault that was
            found in the answer, or why nothing was sent: `no_key`, `keys_unreadable`,
            `key_not_for_host`, `key_not_for_workspace`.
        error_class: None where the answer was used.
        took_ms: of the attempt alone, without the waiting before it.
        usage: in its own buckets, whether it was used or lost; `lost` is always 0 here.
        cost_usd: by the provider's prices of the day.
    """

    provider: str
    model: str
    outcome: str
    error_class: ErrorClass | None
    took_ms: float
    usage: Usage = field(default_factory=Usage)
    cost_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class ToolReply:
    """What a model answered to a `ToolAsk`; not yet believed.

    Attributes:
        arguments: the first tool call's arguments, as the JSON text that came.
        name: the tool that was called first.
        finish_reason: the provider's own word; `length` is a truncated answer.
        refusal: the model's words where it declined.
        calls: how many tools were called.
        text: what was said beside the call.
    """

    arguments: str | None
    name: str | None
    finish_reason: str | None
    refusal: str | None = None
    calls: int = 0
    text: str | None = None


type ChoiceFault = Literal["outside_whitelist", "duplicate_key"]


@dataclass(frozen=True, slots=True)
class ChoiceReply:
    """What a decision model answered to a `ChoiceAsk`.

    Attributes:
        probabilities: by option, 0 to 1; empty where it refused.
        refusal: why it declined.
        fault: what is wrong with the options that it named, where that cannot be seen in
            `probabilities`: not on offer, or named twice.
    """

    probabilities: Mapping[str, float]
    refusal: str | None = None
    fault: ChoiceFault | None = None


type QuotaScope = Literal["workspace_day_usd", "subject_minute_calls", "subject_day_calls"]


@dataclass(frozen=True, slots=True)
class Exceeded:
    """A budget that is spent.

    Attributes:
        period: the day or minute that it was spent in, such as `2026-11-20` or
            `2026-11-20T10:07`, in UTC.
        limit: USD or calls.
        first: whether it is for this call to report `quota.exceeded`: true once per period.
    """

    scope: QuotaScope
    period: str
    limit: float
    first: bool


@dataclass(frozen=True, slots=True)
class Called[Reply]:
    """What became of a call.

    Attributes:
        reply: the answer; beside a `failure` the last unusable one, for the record only.
        failure: why there is no usable answer.
        attempts: in the order in which they were made; none where another request's identical
            call gave the reply.
        usage: of all attempts; those of unused ones are `lost`.
        cost_usd: of all attempts.
        provider: who gave the reply.
        model: which model gave it.
        shared: whether another request made the call.
        exceeded: the budget that is spent, with the failure `budget_exhausted`.
    """

    reply: Reply | None
    failure: Failure | None
    attempts: tuple[Attempted, ...] = ()
    usage: Usage = field(default_factory=Usage)
    cost_usd: float = 0.0
    provider: str | None = None
    model: str | None = None
    shared: bool = False
    exceeded: Exceeded | None = None
