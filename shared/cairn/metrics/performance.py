"""How fast operations are, and how often they fail."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from cairn.metrics.breakdown import Segment, group_in, parts, under_names
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
)
from cairn.metrics.sketch import ALPHA, quantile

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
        p50_ms: half took longer. Percentiles are not told of segments: there are none.
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
    return Wanted((group_in(OPERATIONS, by),), () if by else (LATENCY,))


def performance(found: Found, by: Segment | None, only: str | None = None) -> Performance:
    """Every operation, or only one, with its percentiles where nothing is split."""
    sketches = {} if by else found.sketches(LATENCY)
    return Performance(
        relative_error=ALPHA,
        operations=tuple(_operations(found, sketches, by, only)),
        distributions=() if by or only else tuple(_distributions(sketches)),
    )


def _operations(
    found: Found, sketches: Sketches, by: Segment | None, only: str | None
) -> Iterator[Operation]:
    for segment, counters in parts(found.counters(group_in(OPERATIONS, by)), by).items():
        for name, its in under_names(counters).items():
            if only in {None, name}:
                yield _operation(segment, name, its, sketches.get(name, NOTHING))


def _operation(
    segment: str | None, name: str, its: Counters, sketch: Mapping[int, int]
) -> Operation:
    count, errors = its.get("count", 0), its.get("errors", 0)
    return Operation(
        segment=segment,
        operation=name,
        count=count,
        errors=errors,
        error_rate=ratio(errors, count),
        degraded=its.get("degraded", 0),
        avg_ms=mean_ms(its.get("us", 0), count),
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
