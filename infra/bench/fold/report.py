"""What `cairn bench fold` measures and tells."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Final

from infra.bench.fold.billed import billed
from infra.bench.fold.load import Series, parcels, sent
from infra.bench.fold.pure import events_per_cpu_second
from infra.config import PROD
from infra.proof import Report, Target

EVENTS_PER_CPU_SECOND: Final = 20_000
WRITE_UNITS: Final = 5_000
"""Write units for 1,000 events, at most."""

COUNT: Final = 20_000
"""Events that are folded to be timed."""

BILLED: Final = 5_000
"""Events that are billed, for each case."""

AT_A_TIME: Final = 500
ORDINARY: Final = Series(dimensions=4, segments=1)
SIZES: Final = (1, 10, 50, 100, 500)
SERIES: Final = (
    Series(0),
    Series(2),
    Series(4),
    Series(8),
    Series(8, segments=1),
    Series(8, segments=3),
    Series(4, segments=1, experiment=True),
)

HOW: Final = (
    "CPU of the pure fold over whole parcels, owners' states carried on, no store; writes counted "
    "over tables in memory: an item in a transaction costs 2 units per KB of the larger of before "
    f"and after; visits of made-up shoppers with {ORDINARY.dimensions} dimensions, "
    f"{ORDINARY.segments} of them with segments, sent {AT_A_TIME} at a time to {PROD.shards} groups"
)


def measured(rounds: int, say: Callable[[str], None]) -> Report:
    """Everything, measured.

    Args:
        rounds: how often the same events are folded.
        say: is told each part.
    """
    say("the pure fold")
    rates = _rates(ORDINARY, AT_A_TIME, rounds)
    say("what its writes cost")
    bill = _bill(ORDINARY, AT_A_TIME)
    say("by batch size")
    by_size = {str(size): _case(ORDINARY, size) for size in SIZES}
    say("by number of series")
    by_series = {_name(series): _case(series, AT_A_TIME) for series in SERIES}
    return Report(
        "bench fold",
        [
            Target(
                "the pure fold", round(median(rates)), "events/CPU s", ">=", EVENTS_PER_CPU_SECOND
            ),
            Target("writes", bill["write_units"], "units/1,000 events", "<=", WRITE_UNITS),
        ],
        {
            "how": HOW,
            "events": COUNT,
            "events_per_cpu_s": _spread(rates),
            "per_1000_events": bill,
            "by_batch_size": by_size,
            "by_series": by_series,
        },
    )


def _case(series: Series, at_a_time: int) -> Mapping[str, float]:
    (rate,) = _rates(series, at_a_time, 1, BILLED)
    return {"events_per_cpu_s": round(rate), **_bill(series, at_a_time)}


def _rates(series: Series, at_a_time: int, rounds: int, count: int = COUNT) -> list[float]:
    packed = list(parcels(sent(count, series), at_a_time, PROD.shards))
    declared = series.declared
    return [events_per_cpu_second(packed, declared) for _ in range(rounds)]


def _bill(series: Series, at_a_time: int) -> Mapping[str, float]:
    packed = parcels(sent(BILLED, series), at_a_time, PROD.shards)
    return billed(packed, series.declared, PROD.shards).per_thousand()


def _name(series: Series) -> str:
    more = ", an experiment with 4 metrics" if series.experiment else ""
    return f"{series.dimensions} dimensions, {series.segments} with segments{more}"


def _spread(rates: Sequence[float]) -> Mapping[str, float]:
    return {
        "median": round(median(rates)),
        "least": round(min(rates)),
        "most": round(max(rates)),
    }
