"""What `cairn bench flags` tells."""

import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median, quantiles
from typing import Final

from infra.bench.flags.definitions import names, ruleset, subjects
from infra.bench.flags.requests import requests_ms
from infra.bench.flags.sides import FLAGD, GROWTHBOOK, OURS, Race, agree, flagd, growthbook, ours
from infra.proof import Report, Target

type Rounds = Sequence[Mapping[str, float]]
"""Microseconds of one subject, by side, of each round."""

BULK: Final = 100
SIZES: Final = (10, 100, 1_000)
SUBJECTS: Final = 200
BULK_SUBJECTS: Final = 8
BLOCK: Final = 50
"""Requests of each kind are at least this many, however few rounds there are."""

MOST_OF: Final[Mapping[str, float]] = {GROWTHBOOK: 0.333, FLAGD: 0.1}
"""How much of another's time ours may take."""

FLAT: Final = 1.2
"""How much one evaluation among the most flags may take of one among the fewest."""

HOW: Final = (
    "processor time of this process; in each round every side evaluates the same flags for the "
    "same subjects, in shuffled order, and a ratio is of one round; contexts and clients are made "
    "beforehand; every other subject meets the first rule, the rest the second; requests are "
    "whole invocations of flag-eval with authentication and a log line, tables in memory"
)


def measured(rounds: int, tick: Callable[[], float] = time.process_time) -> Report:
    """Everything, measured.

    Args:
        rounds: how often each side is timed.
        tick: gives seconds of processor time.

    Raises:
        Unmeasurable: the sides give different values, or a request is not answered.
    """
    contexts, rules, flags = subjects(SUBJECTS), ruleset(BULK), names(BULK)
    sides = {
        OURS: ours(rules, contexts),
        GROWTHBOOK: growthbook(rules, contexts),
        FLAGD: flagd(BULK, contexts),
    }
    agree(sides, flags)
    few = {name: side[:BULK_SUBJECTS] for name, side in sides.items()}
    sized = {str(size): ours(ruleset(size), contexts) for size in SIZES}
    single = Race(sides, flags[:1], tick)
    bulk = Race(few, flags, tick)
    growing = Race(sized, flags[:1], tick)
    return report(
        [single.round() for _ in range(rounds)],
        [bulk.round() for _ in range(rounds)],
        [growing.round() for _ in range(rounds)],
        requests_ms(max(rounds, BLOCK), BULK, tick),
    )


def report(
    single: Rounds, bulk: Rounds, sized: Rounds, requests: Mapping[str, Sequence[float]]
) -> Report:
    """The measured values beside their targets.

    Args:
        single: of one flag.
        bulk: of all flags.
        sized: of one flag, by how many there are.
        requests: processor milliseconds of whole requests, by kind.
    """
    targets: list[Target] = []
    ratios: dict[str, Mapping[str, float]] = {}
    for what, rounds in (("one flag", single), (f"bulk of {BULK}", bulk)):
        for peer, most in MOST_OF.items():
            name = f"vs {peer}, {what}"
            ratios[name] = spread([each[OURS] / each[peer] for each in rounds])
            targets.append(Target(name, ratios[name]["median"], "ratio", "<=", most))
    fewest, most_flags = str(SIZES[0]), str(SIZES[-1])
    name = f"one of {most_flags} flags vs one of {fewest}"
    ratios[name] = spread([each[most_flags] / each[fewest] for each in sized])
    targets.append(Target(name, ratios[name]["median"], "ratio", "<=", FLAT))
    details = {
        "how": HOW,
        "rounds": len(single),
        "ratios": ratios,
        "us_per_flag": _by_side(single),
        f"us_per_bulk_of_{BULK}": _by_side(bulk),
        "us_per_flag_by_number_of_flags": _by_side(sized),
        "request_cpu_ms": {kind: spread(times) for kind, times in requests.items()},
    }
    return Report("bench flags", targets, details)


def spread(values: Sequence[float]) -> dict[str, float]:
    """The median, and what eight of ten values lie between."""
    tenths = quantiles(values, n=10, method="inclusive")
    found = {"median": median(values), "p10": tenths[0], "p90": tenths[-1]}
    return {name: round(value, 4) for name, value in found.items()}


def _by_side(rounds: Rounds) -> dict[str, dict[str, float]]:
    return {side: spread([each[side] for each in rounds]) for side in sorted(rounds[0])}
