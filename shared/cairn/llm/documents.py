"""Configuration of models: which providers, at what prices, within which budgets."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from cairn.platform.validation import web_address

type Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
type Capability = Literal["tools", "decisions", "prompt_cache"]
type Price = Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False)]
"""USD per million tokens."""

type Milliseconds = Annotated[int, Field(ge=0, le=60_000)]


def _reachable(url: str) -> str:
    return web_address(url, "models.url", bare=True).rstrip("/")


class Part(BaseModel):
    """Whatever the document is made of: frozen, closed to unknown keys."""

    model_config = ConfigDict(
        defer_build=True, frozen=True, extra="forbid", serialize_by_alias=True
    )


class Prices(Part):
    """What tokens cost from a day on, in USD per million.

    Attributes:
        since: the first day (UTC) on which they hold; `from` in YAML.
        uncached: input at full price.
        cached: input from the provider's prompt cache.
        written: input that is written to it; like `uncached` where a provider charges nothing
            extra.
        output: what is answered and what is thought.
    """

    since: Annotated[date, Field(alias="from")]
    uncached: Price
    cached: Price
    written: Price
    output: Price


class Provider(Part):
    """One OpenAI-compatible endpoint with one model.

    Attributes:
        id: names it in records, breakers and the ledger.
        base_url: up to and with the version, such as `https://api.openai.com/v1`.
        model: as the provider calls it.
        key: under which name its key stands in the secret; none for a server without keys.
        capabilities: `tools` (strict tool calls), `decisions` (the Decisions API),
            `prompt_cache` (takes a cache key, reports cached tokens).
        prices: by effective date; none: it costs nothing, as on one's own machine.
        patience_ms: the longest attempt while another provider stands behind this one; without
            it, an attempt may take 60 percent of the time that is left.
    """

    id: Identifier
    base_url: Annotated[str, Field(max_length=2_000), AfterValidator(_reachable)]
    model: Annotated[str, Field(min_length=1, max_length=200)]
    key: Identifier | None = None
    capabilities: tuple[Capability, ...] = ("tools",)
    prices: Annotated[tuple[Prices, ...], Field(max_length=100)] = ()
    patience_ms: Annotated[Milliseconds, Field(ge=20)] | None = None

    @model_validator(mode="after")
    def _one_price_a_day(self) -> Self:
        days = [each.since for each in self.prices]
        if len(set(days)) < len(days):
            raise PydanticCustomError("models.prices", "two prices begin on the same day")
        return self


class Budgets(Part):
    """What may be spent; nothing is limited where a number is left out.

    Attributes:
        workspace_usd_per_day: of a UTC day. Calls that are under way when it is reached are
            still paid for.
        subject_calls_per_minute: calls that one subject's decisions ask for.
        subject_calls_per_day: the same, of a UTC day.
    """

    workspace_usd_per_day: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)] | None = None
    subject_calls_per_minute: Annotated[int, Field(ge=0, le=100_000)] | None = None
    subject_calls_per_day: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


class Backoff(Part):
    """How long to wait before another attempt: at random up to `base * 2^n`, at most `cap`.

    Attributes:
        base_ms: the longest wait before the second attempt.
        cap_ms: the longest wait before any.
    """

    base_ms: Milliseconds = 50
    cap_ms: Milliseconds = 1_000


class BreakerLimits(Part):
    """When a provider is left alone, and for how long.

    Attributes:
        consecutive: so many failures in a row open the breaker.
        error_rate: this share of failures within the window opens it, 0 to 1.
        calls: the rate means something from so many calls in the window on.
        window_s: how far back calls are counted.
        open_s: how long a provider is left alone before it is probed.
        probes: so many successful probes in a row close the breaker.
    """

    consecutive: Annotated[int, Field(ge=1, le=1_000)] = 5
    error_rate: Annotated[float, Field(gt=0, le=1)] = 0.5
    calls: Annotated[int, Field(ge=1, le=100_000)] = 20
    window_s: Annotated[int, Field(ge=2, le=3_600)] = 60
    open_s: Annotated[int, Field(ge=1, le=3_600)] = 15
    probes: Annotated[int, Field(ge=1, le=10)] = 1


class ModelsDocument(Part):
    """Which models a workspace asks; flows ask `models/default` unless they name another document.

    Attributes:
        providers: asked in this order.
        attempts: most attempts at one provider in one call.
    """

    kind: Literal["models"] = "models"
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")] = "default"
    description: Annotated[str, Field(max_length=1_000)] = ""
    providers: Annotated[tuple[Provider, ...], Field(min_length=1, max_length=8)]
    budgets: Budgets = Budgets()
    attempts: Annotated[int, Field(ge=1, le=5)] = 2
    backoff: Backoff = Backoff()
    breaker: BreakerLimits = BreakerLimits()

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        ids = [each.id for each in self.providers]
        if len(set(ids)) < len(ids):
            raise PydanticCustomError("models.providers", "two providers have the same id")
        return self

    def offering(self, capability: Capability) -> Sequence[Provider]:
        """The providers that can do it, in order."""
        return [each for each in self.providers if capability in each.capabilities]
