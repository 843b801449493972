"""What a workspace declares to be counted apart, as it is written in configuration."""

from typing import Annotated, Final, Literal, Self

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
from cairn.metrics.model import SEGMENT_VALUES, SEGMENTS, VALUE_BYTES, VALUE_PATTERN, is_short
from cairn.metrics.series import FLOW, GROUPS, VOCABULARIES


def _countable(name: str) -> str:
    if name in GROUPS | VOCABULARIES or name.startswith(FLOW):
        raise ValueError(f"{name} is the name of something that is always counted")
    if not may_be_dimension(name):
        raise ValueError(f"{name} says who somebody is, or has too many values to count")
    return name


type Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
type DimensionName = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}(\.[A-Za-z0-9][A-Za-z0-9._-]{0,47})?$"),
    AfterValidator(_countable),
]


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
