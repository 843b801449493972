"""The words of alerts: rules as they are written."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    model_validator,
)

from cairn.conditions.compile import compile_condition
from cairn.conditions.model import ConditionError
from cairn.platform.validation import refused, web_address

MAX_CHANNELS: Final = 10

_COUNTER: Final = r"[a-z][A-Za-z0-9_.-]*"
_UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}

type Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
type Duration = Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,3})[mhd]$")]
"""Minutes, hours or days: `15m`, `2h`, `0m`."""

type Metric = Annotated[str, Field(pattern=rf"^{_COUNTER}( / {_COUNTER})?$", max_length=300)]
"""A counter, or a ratio of two: `sessions`, `conversions.purchase / sessions`."""

type Operator = Literal[">", ">=", "<", "<="]
type Severity = Literal["critical", "warning", "info"]


def _reachable(url: str) -> str:
    return web_address(url, "alert.url")


class Part(BaseModel):
    """Whatever alerts are made of: frozen, closed to unknown keys."""

    model_config = ConfigDict(
        defer_build=True, frozen=True, extra="forbid", serialize_by_alias=True
    )


class LogChannel(Part):
    """One line in the function's log."""

    type: Literal["log"]


class WebhookChannel(Part):
    """A signed POST to an address of the rule's owner."""

    type: Literal["webhook"]
    url: Annotated[str, Field(max_length=2_000), AfterValidator(_reachable)]


class BusChannel(Part):
    """The event bus: told of every transition, without being asked."""

    type: Literal["bus"]


type WrittenChannel = Annotated[LogChannel | WebhookChannel, Field(discriminator="type")]
type Channel = Annotated[LogChannel | WebhookChannel | BusChannel, Field(discriminator="type")]

BUS: Final = BusChannel(type="bus")


class AlertDocument(Part):
    """An alert rule as it is written in configuration.

    Attributes:
        id: names the alert wherever it is told of.
        description: what it means when this fires, and what to do.
        metric: what is watched: a counter, or a ratio of two.
        group: one declared dimension and its value; everything, where absent.
        window: how far back each check looks.
        operator: how the value is held against the threshold.
        threshold: the value that must not be passed.
        pending: how long the threshold must be passed without a break (`for` in YAML).
        cooldown: how long it keeps quiet after it was resolved.
        severity: how much it matters.
        when: what else must hold: a condition over `value`, `samples` (the ratio's denominator,
            or the counter), `severity`, `environment`, `weekday` (1 is Monday), `hour` (UTC)
            and the group's dimension.
        on_no_data: what it means that nothing was recorded in the window, or that the
            denominator is zero: nothing (`ok`), or trouble (`alert`).
        channels: who is told, beside the event bus.
    """

    kind: Literal["alert"]
    id: Identifier
    description: Annotated[str, Field(max_length=1_000)] = ""
    metric: Metric
    group: Annotated[dict[str, str], Field(min_length=1, max_length=1)] | None = None
    window: Literal["5m", "15m", "1h", "6h", "24h", "7d", "30d"]
    operator: Operator
    threshold: Annotated[float, Field(allow_inf_nan=False)]
    pending: Annotated[Duration, Field(alias="for")] = "0m"
    cooldown: Duration = "0m"
    severity: Severity = "warning"
    when: dict[str, JsonValue] = {}
    on_no_data: Literal["ok", "alert"] = "ok"
    channels: Annotated[tuple[WrittenChannel, ...], Field(max_length=MAX_CHANNELS)] = ()

    @model_validator(mode="after")
    def _condition_compiles(self) -> Self:
        try:
            compile_condition(self.when)
        except ConditionError as error:
            raise refused(type(self).__name__, error.violations, at="/when") from error
        return self

    @property
    def expression(self) -> "Expression":
        """The metric, taken apart."""
        counter, _, per = self.metric.partition(" / ")
        return Expression(counter, per or None)


@dataclass(frozen=True, slots=True)
class Expression:
    """What is watched.

    Attributes:
        counter: the counter, or the ratio's numerator.
        per: the ratio's denominator.
    """

    counter: str
    per: str | None

    @property
    def counters(self) -> tuple[str, ...]:
        """The counters that must be read."""
        return (self.counter,) if self.per is None else (self.counter, self.per)


def duration(text: str) -> timedelta:
    """`15m`, `2h` or `1d` as a time span."""
    return int(text[:-1]) * _UNITS[text[-1]]
