"""The words of metrics: resolutions, groups, counters, and what a workspace declares."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from cairn.events.model import EventType

FOLD_VERSION: Final = 1
"""Rollups of another fold version are other rollups: two may run side by side."""

ALL: Final = "all"
"""The group that every event is counted in."""

OTHER: Final = "other"
"""Where undeclared values, conversions and custom types are counted, so that counters stay few."""

SESSIONS: Final = "sessions"
PAGE_VIEWS: Final = "page_views"
EVENTS: Final = "events."
CONVERSIONS: Final = "conversions."
VALUE_GLUE: Final = "|"
"""Stands between a dimension's value and the counter, as in `Feb|sessions`."""


class Resolution(StrEnum):
    """How wide a bucket is."""

    MINUTE = "1m"
    HOUR = "1h"
    DAY = "1d"

    @property
    def width(self) -> timedelta:
        """The length of one bucket."""
        return _WIDTHS[self]

    @property
    def kept(self) -> timedelta:
        """How long after its start a bucket expires."""
        return _KEPT[self]

    @property
    def key_length(self) -> int:
        """A bucket's key is this much of its start in RFC 3339, such as `2026-11-20T10`."""
        return _KEY_LENGTHS[self]

    def key(self, at: datetime) -> str:
        """The key of the bucket that holds `at` (UTC); keys sort by time."""
        return at.isoformat()[: self.key_length]


_WIDTHS: Final = {
    Resolution.MINUTE: timedelta(minutes=1),
    Resolution.HOUR: timedelta(hours=1),
    Resolution.DAY: timedelta(days=1),
}
_KEPT: Final = {
    Resolution.MINUTE: timedelta(days=2),
    Resolution.HOUR: timedelta(days=35),
    Resolution.DAY: timedelta(days=400),
}
_KEY_LENGTHS: Final = {Resolution.MINUTE: 16, Resolution.HOUR: 13, Resolution.DAY: 10}


class RollupKey(NamedTuple):
    """One rollup item within a workspace and shard."""

    resolution: Resolution
    group: str
    bucket: str


type Counters = Mapping[str, int]
"""Counts by counter name."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one event amounts to.

    Attributes:
        shown: dimensions that its session shows for the first time, with their values.
        converted: conversions that it is.
        kind: the kind of page that it is a view of; None where it is none.
        groups: what it adds to the counters of each group.
    """

    shown: Mapping[str, str] = field(default_factory=dict)
    converted: tuple[str, ...] = ()
    kind: str | None = None
    groups: Mapping[str, Counters] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bucket:
    """The counts of one bucket, summed over shards."""

    start: datetime
    counters: Counters


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of one group over a span.

    Attributes:
        buckets: those that have counts, by time.
        buckets_read: rollup items that were read for it, all shards together.
        folded_at: when the newest of them was written; None where there are none.
    """

    buckets: tuple[Bucket, ...]
    buckets_read: int
    folded_at: datetime | None


def _not_all(name: str) -> str:
    if name == ALL:
        raise ValueError(f"{ALL} is the name of the group that everything is in.")
    return name


type Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
type DimensionName = Annotated[Name, AfterValidator(_not_all)]
type DimensionValue = Annotated[str, StringConstraints(pattern=r"^[^|]{1,64}$")]


class Dimension(BaseModel):
    """Something that tells sessions apart: an attribute that any of their events may carry.

    Attributes:
        name: the attribute's name.
        values: the values that are counted apart; all others are counted as `other`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: DimensionName
    values: Annotated[tuple[DimensionValue, ...], Field(min_length=1, max_length=50)]


class Conversion(BaseModel):
    """Something a visit is wanted for.

    Attributes:
        name: `conversion.completed` events with this name count as it.
        events: other event types that count as it too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    events: tuple[EventType, ...] = ()


class PageKind(BaseModel):
    """Pages that a session's time is counted on together.

    Attributes:
        name: what signals call the kind.
        values: the values of the attribute `kind` of `page.viewed` events that belong to it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    values: Annotated[tuple[DimensionValue, ...], Field(min_length=1, max_length=50)]


def _apart(kinds: tuple[PageKind, ...]) -> tuple[PageKind, ...]:
    values = [value for kind in kinds for value in kind.values]
    twice = {value for value in values if values.count(value) > 1}
    if twice:
        raise ValueError(f"a page is of one kind: {', '.join(sorted(twice))} stands in several")
    return kinds


PAGE_KINDS: Final = (
    PageKind(name="administrative", values=("administrative", "Administrative")),
    PageKind(name="informational", values=("informational", "Informational")),
    PageKind(name="product", values=("product", "ProductRelated")),
)
"""The kinds that the abandonment risk knows, under plain names and those of its data set."""


class TelemetryDocument(BaseModel):
    """What a workspace counts apart (configuration document `telemetry/default`).

    Attributes:
        dimensions: at most 8; a session counts in the first value of each that it shows.
        conversions: at most 20; a conversion of another name counts as `other`.
        page_kinds: at most 12; views of any other page count as `other`. The abandonment risk
            looks at `administrative` (account, cart), `informational` (about, help) and `product`.
        custom_types: at most 100 types under `custom.` with a counter of their own; the rest are
            counted together as `custom.other`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["telemetry"] = "telemetry"
    id: Literal["default"] = "default"
    dimensions: Annotated[tuple[Dimension, ...], Field(max_length=8)] = ()
    conversions: Annotated[tuple[Conversion, ...], Field(max_length=20)] = ()
    page_kinds: Annotated[tuple[PageKind, ...], Field(max_length=12), AfterValidator(_apart)] = (
        PAGE_KINDS
    )
    custom_types: Annotated[tuple[EventType, ...], Field(max_length=100)] = ()
