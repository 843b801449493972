"""How fast operations are, and how often they fail."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from cairn.metrics.breakdown import Segment, parted, under_names
from cairn.metrics.measures import UNTIMED
from cairn.metrics.model import Counters
from cairn.metrics.query import Found, Wanted
from cairn.metrics.ratios import MILLI, mean_ms, ratio
from cairn.metrics.series import (
    COMPLETION_US,
    LATENCY,
    OPERATIONS,
    SCORE,
    TOKENS_IN,
    TOKENS_OUT,
    segmented,
    under,
)
from cairn.metrics.sketch import ALPHA, quantile, sketch_of

type Sketches = Mapping[str, Mapping[int, int]]

NOTHING: Final[Mapping[int, int]] = {}


class Measured(NamedTuple):
    """A number that is sketched beside the durations of operations.

    Attributes:
        scale: how much of what is kept makes one of its unit.
    """

    name: str
    sketch: str
    unit: str
    scale: int


MEASURED: Final = (
    Measured("completion", COMPLETION_US, "ms", MILLI),
    Measured("tokens.in", TOKENS_IN, "tokens", 1),
    Measured("tokens.out", TOKENS_OUT, "tokens", 1),
    Measured("score", SCORE, "score", MILLI),
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: a route, `decide` for whole decisions, or `model.<tier>` for model calls.

    Attributes:
        segment: the value of the dimension that the answer is split by; null where it is not.
        count: how often it was carried out.
        errors: how often it failed by our fault.
        error_rate: errors of one operation, 0 to 1.
        degraded: how often it was answered with less, because something was down.
        avg_ms: the mean, exact.
        p50_ms: half took longer.
    """

    segment: str | None
    operation: str
    count: int
    errors: int
    error_rate: float | None
    degraded: int
    avg_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


@dataclass(frozen=True, slots=True)
class Distribution:
    """How a number was distributed.

    Attributes:
        name: `completion`, the time from a flow's start to its end; `tokens.in` and `tokens.out` of
            a model call; `score` that a visitor gave.
        unit: of the percentiles.
        count: how many of these numbers there were.
    """

    name: str
    unit: str
    count: int
    p50: float | None
    p95: float | None
    p99: float | None


@dataclass(frozen=True, slots=True)
class Performance:
    """Operations over a window.

    Attributes:
        relative_error: how far a percentile is off at most, as a share of itself.
        distributions: of other numbers than durations of operations; empty where the answer is
            split or about one operation.
    """

    relative_error: float
    operations: tuple[Operation, ...]
    distributions: tuple[Distribution, ...]


def wanted(by: Segment | None) -> Wanted:
    """What it is made of."""
    whole = Wanted((OPERATIONS,), (LATENCY,))
    if by is None:
        return whole
    segments = Wanted((), (segmented(OPERATIONS, by.dimension),))
    return segments + whole if by.has_rest else segments


def performance(found: Found, by: Segment | None, only: str | None = None) -> Performance:
    """Every operation, or only one, with its percentiles."""
    told = by or only
    return Performance(
        relative_error=ALPHA,
        operations=tuple(_operations(found, by, only)),
        distributions=() if told else tuple(_distributions(found.sketches(LATENCY))),
    )


def _operations(found: Found, by: Segment | None, only: str | None) -> Iterator[Operation]:
    for segment, counters in _parts(found, by).items():
        for name, its in under_names(counters).items():
            if its.get("count") and only in {None, name}:
                yield _operation(segment, name, its)


def _parts(found: Found, by: Segment | None) -> Mapping[str | None, Counters]:
    """The counters and the sketches of operations, by the segment's values."""
    if by is None:
        return {None: _whole(found)}
    segments = _under_names(found.names(segmented(OPERATIONS, by.dimension)))
    return parted(segments, _whole(found) if by.has_rest else {}, by)


def _whole(found: Found) -> Counters:
    return {**found.counters(OPERATIONS), **_under_names(found.names(LATENCY))}


def _under_names(names: Mapping[str, Counters]) -> Counters:
    return {
        under(name, counter): count
        for name, counters in names.items()
        for counter, count in counters.items()
    }


def _operation(segment: str | None, name: str, its: Counters) -> Operation:
    count, errors, sketch = its.get("count", 0), its.get("errors", 0), sketch_of(its)
    return Operation(
        segment=segment,
        operation=name,
        count=count,
        errors=errors,
        error_rate=ratio(errors, count),
        degraded=its.get("degraded", 0),
        avg_ms=mean_ms(its.get("us", 0), count - its.get(UNTIMED, 0)),
        p50_ms=_quantile(sketch, 0.5, MILLI),
        p95_ms=_quantile(sketch, 0.95, MILLI),
        p99_ms=_quantile(sketch, 0.99, MILLI),
    )


def _distributions(sketches: Sketches) -> Iterator[Distribution]:
    for each in MEASURED:
        sketch = sketches.get(each.sketch, NOTHING)
        if count := sum(sketch.values()):
            yield Distribution(
                name=each.name,
                unit=each.unit,
                count=count,
                p50=_quantile(sketch, 0.5, each.scale),
                p95=_quantile(sketch, 0.95, each.scale),
                p99=_quantile(sketch, 0.99, each.scale),
            )


def _quantile(sketch: Mapping[int, int], q: float, scale: int) -> float | None:
    found = quantile(sketch, q)
    return None if found is None else round(found / scale, 3)
