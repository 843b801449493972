"""What `cairn bench metrics` tells."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Final

from cairn.metrics.windows import MOST
from infra.bench.metrics.answers import USUAL, Case, Measured, Reading, windows_of
from infra.proof import Report, Target

WHOLE_MS: Final = 50.0

HOW: Final = (
    "events made up and folded by the fold itself, a third of them within 1 h, 24 h and 30 d; "
    "answers of the real function in this process, through the real client of AWS, answered with "
    "what DynamoDB would say before a request would be sent; CPU of all threads, medians with the "
    "spread; anew: with `Cache-Control: no-cache`; again: the process remembers what is over; the "
    "p95 is of answers again, over the usual window of each route"
)


def report(found: Measured) -> Report:
    """The measured values beside their targets."""
    readings = [each for several in found.readings.values() for each in several]
    usual = _cpu_ms(found, anew=False)
    return Report(
        "bench metrics",
        [
            Target(
                "items of a series and shard",
                max(each.most for each in readings),
                "items",
                "<=",
                MOST,
            ),
            Target("an answer, p95", round(_p95(usual), 3), "ms CPU", "<=", WHOLE_MS),
        ],
        {
            "how": HOW,
            "events": found.events,
            "folding_cpu_s": round(found.folding_s, 1),
            "rounds": len(next(iter(found.readings.values()))),
            "anew_p95_cpu_ms": round(_p95(_cpu_ms(found, anew=True)), 3),
            "answers": {route: _of_route(found, route) for route in USUAL},
        },
    )


def _of_route(found: Measured, route: str) -> dict[str, object]:
    return {
        window: {
            name: _told(found.readings[Case(route, window, anew=anew)])
            for name, anew in (("anew", True), ("again", False))
        }
        for window in windows_of(route)
    }


def _told(readings: Sequence[Reading]) -> Mapping[str, object]:
    return {
        "items": max(each.items for each in readings),
        "most_of_a_series": max(each.most for each in readings),
        "trips": max(each.trips for each in readings),
        "cpu_ms": _spread([each.cpu_ms for each in readings]),
        "wall_ms": _spread([each.wall_ms for each in readings]),
    }


def _cpu_ms(found: Measured, *, anew: bool) -> list[float]:
    """Every answer over the usual window of its route."""
    return [
        each.cpu_ms
        for case, readings in found.readings.items()
        if case.window == USUAL[case.route] and case.anew is anew
        for each in readings
    ]


def _p95(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[(len(ordered) - 1) * 95 // 100]


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {
        "median": round(median(values), 3),
        "least": round(min(values), 3),
        "most": round(max(values), 3),
    }
