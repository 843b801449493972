"""The words of metrics: resolutions, groups, counters, and what a workspace declares."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final, Literal, NamedTuple, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from cairn.events.model import EventType
from cairn.events.registry import may_be_dimension
from cairn.metrics.series import FLOW, GROUPS, VOCABULARIES

FOLD_VERSION: Final = 2
"""Rollups of another fold version are other rollups: two may run side by side."""

OTHER: Final = "other"
"""Where undeclared values, conversions and custom types are counted, so that counters stay few."""

SESSIONS: Final = "sessions"
PAGE_VIEWS: Final = "page_views"
SUBJECTS_SEEN: Final = "subjects"
"""Subjects by their first sight on a day: exact for a day."""

EVENTS: Final = "events."
CONVERSIONS: Final = "conversions."

VALUE_PATTERN: Final = r"^[^|]{1,64}$"
"""What a dimension's value looks like, so that it fits a counter's name."""

VALUE_BYTES: Final = 64
"""Longest value that is counted apart, in UTF-8."""

SEGMENT_VALUES: Final = 10
"""Most values of a dimension, and most personas, by which all is counted once more. With `other`,
with names of 64 bytes and counts of any size, no item outgrows the 400 KB that it may have: of a
flow with 50 steps, of 64 operations or of 20 models."""

STEPS_APART: Final = 50
"""Steps of a flow that are counted apart, the first that it has."""

OPERATIONS_APART: Final = 64
MODELS_APART: Final = 20
"""Operations and models of a workspace that are counted apart, the first that ever come."""

SEGMENTS: Final = 3
"""Dimensions by which operations, models and flows may be counted too."""


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
    """One rollup item within a workspace and shard.

    Attributes:
        name: what it is of, in groups that keep an item per bucket and name, such as sketches.
    """

    resolution: Resolution
    group: str
    bucket: str
    name: str = ""


class Sight(NamedTuple):
    """A subject that was there on a day; `day` is the key of the day's bucket."""

    subject: str
    day: str


type Counters = Mapping[str, int]
"""Counts by counter name."""

type Registers = frozenset[bytes]
"""HyperLogLog registers; the union of two stands for everybody who is in either."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """The counts of one bucket, summed over shards.

    Attributes:
        registers: who was there, in the group `subjects`; see `cairn.metrics.distinct`.
    """

    start: datetime
    counters: Counters
    registers: Registers = frozenset()


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


@dataclass(frozen=True, slots=True)
class NamedBucket:
    """The counts of one bucket by name, summed over shards."""

    start: datetime
    names: Mapping[str, Counters]


@dataclass(frozen=True, slots=True)
class NamedReading:
    """What was read over a span of a group that keeps an item per bucket and name.

    Attributes:
        buckets: those that have counts, by time.
        buckets_read: rollup items that were read for it, all shards and names together.
        folded_at: when the newest of them was written; None where there are none.
    """

    buckets: tuple[NamedBucket, ...]
    buckets_read: int
    folded_at: datetime | None


def _countable(name: str) -> str:
    if name in GROUPS | VOCABULARIES or name.startswith(FLOW):
        raise ValueError(f"{name} is the name of something that is counted anyway")
    if not may_be_dimension(name):
        raise ValueError(f"{name} says who somebody is, or has too many values to count")
    return name


type Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
type DimensionName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}(\.[A-Za-z0-9][A-Za-z0-9._-]{0,47})?$"),
    AfterValidator(_countable),
]


def is_short(value: str) -> bool:
    """Whether a value is short enough to be counted apart."""
    return len(value) <= VALUE_BYTES and (value.isascii() or len(value.encode()) <= VALUE_BYTES)


def _short(value: str) -> str:
    if not is_short(value):
        raise ValueError(f"a value has at most {VALUE_BYTES} bytes")
    return value


type DimensionValue = Annotated[
    str, StringConstraints(pattern=VALUE_PATTERN), AfterValidator(_short)
]


class Dimension(BaseModel):
    """Something that tells sessions apart: an attribute that any of their events may carry.

    Attributes:
        name: the attribute's name, such as `plan`, or `variation.<flag>` for a flag's variations.
        values: the values that are counted apart; all others are counted as `other`.
        limit: in place of values: so many values are counted apart, the first that ever come.
        segments: whether operations, models and flows are counted by it too; by at most 10 values.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    name: DimensionName
    values: Annotated[tuple[DimensionValue, ...], Field(min_length=1, max_length=50)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] | None = None
    segments: bool = False

    @model_validator(mode="after")
    def _open_or_closed(self) -> Self:
        if (self.values is None) == (self.limit is None):
            raise ValueError("a dimension has either values, or a limit of their number")
        return self

    @model_validator(mode="after")
    def _few_segments(self) -> Self:
        if self.segments and (self.limit or len(self.values or ())) > SEGMENT_VALUES:
            raise ValueError(f"segments are at most {SEGMENT_VALUES} values")
        return self


class Conversion(BaseModel):
    """Something a visit is wanted for.

    Attributes:
        name: `conversion.completed` events with this name count as it.
        events: other event types that count as it too.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    name: Name
    events: tuple[EventType, ...] = ()


class PageKind(BaseModel):
    """Pages that a session's time is counted on together.

    Attributes:
        name: what signals call the kind.
        values: the values of the attribute `kind` of `page.viewed` events that belong to it.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    name: Name
    values: Annotated[tuple[DimensionValue, ...], Field(min_length=1, max_length=50)]


def _few_segments(dimensions: tuple[Dimension, ...]) -> tuple[Dimension, ...]:
    if sum(each.segments for each in dimensions) > SEGMENTS:
        raise ValueError(f"at most {SEGMENTS} dimensions have segments")
    return dimensions


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
        dimensions: at most 8, of which 3 with segments; a session counts in the first value of
            each that it shows.
        conversions: at most 20; a conversion of another name counts as `other`.
        page_kinds: at most 12; views of any other page count as `other`. The abandonment risk
            looks at `administrative` (account, cart), `informational` (about, help) and `product`.
        custom_types: at most 100 types under `custom.` with a counter of their own; the rest are
            counted together as `custom.other`.
    """

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    kind: Literal["telemetry"] = "telemetry"
    id: Literal["default"] = "default"
    dimensions: Annotated[
        tuple[Dimension, ...], Field(max_length=8), AfterValidator(_few_segments)
    ] = ()
    conversions: Annotated[tuple[Conversion, ...], Field(max_length=20)] = ()
    page_kinds: Annotated[tuple[PageKind, ...], Field(max_length=12), AfterValidator(_apart)] = (
        PAGE_KINDS
    )
    custom_types: Annotated[tuple[EventType, ...], Field(max_length=100)] = ()
