"""Where alerts stand: readings, phases, notices, and what is still to be told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from cairn.alerts.model import Channel, Operator, Severity

SCHEMA: Final = 1


@dataclass(frozen=True, slots=True)
class Reading:
    """What a metric says of a window.

    Attributes:
        value: the counter's sum or the ratio; None where there is no data.
        samples: the denominator's sum, or the counter's own.
    """

    value: float | None
    samples: float


class Phase(StrEnum):
    """Where an alert stands."""

    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"


class Notice(BaseModel):
    """What is told of one transition; the same content each time it is sent.

    Attributes:
        id: `alr_…`, stable: whoever gets a notice twice knows it by this.
        reason: why: the threshold, missing data, or the rule was withdrawn while it fired.
        value: what was read; None where there was no data.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    schema_version: int = SCHEMA
    id: str
    workspace: str
    environment: str
    alert: str
    transition: Literal["firing", "resolved"]
    reason: Literal["threshold", "no_data", "withdrawn"]
    severity: Severity
    description: str
    metric: str
    group: Mapping[str, str] | None
    window: str
    operator: Operator
    threshold: float
    value: float | None
    at: datetime


class Undelivered(BaseModel):
    """A notice and the channels that have not taken it yet."""

    model_config = ConfigDict(defer_build=True, frozen=True)

    notice: Notice
    channels: tuple[Channel, ...]


class AlertState(BaseModel):
    """Where one alert stands.

    Attributes:
        alert: the rule's id.
        version: counts the writes; 0 where nothing was written yet.
        since: when the phase began.
        resolved_at: when it was last resolved.
        fired: the notice of the present firing, and who was told; None while it does not fire.
        undelivered: oldest first.
        claimed_until: until then, one run alone delivers.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    schema_version: int = SCHEMA
    alert: str
    version: int = 0
    phase: Phase = Phase.INACTIVE
    since: datetime | None = None
    resolved_at: datetime | None = None
    fired: Undelivered | None = None
    undelivered: tuple[Undelivered, ...] = ()
    claimed_until: datetime | None = None
