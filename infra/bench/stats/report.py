"""What `cairn bench stats` tells."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from scipy.stats import binomtest

from cairn.experiments.statistics.methods import TUNED_FOR, Fixed, Sequential
from cairn.experiments.statistics.srm import ALARM
from infra.bench.stats.draws import Clicks, Conversions, Habits, Readers, Revenue, World
from infra.bench.stats.measures import (
    ALPHA,
    Peeks,
    Powered,
    coverage,
    families,
    mismatches,
    peeks,
    powered,
    reduction,
    segment_alarms,
)
from infra.bench.stats.peer import DIFFERENCES, MEANT, distances
from infra.proof import Report, Target

SEED: Final = 2026
LOOKS: Final = range(500, 10_001, 500)
"""Subjects of one arm at each of 20 looks."""

TRUE_LIFT: Final = 0.1
PEER_CASES: Final = 200

DESIGN: Final = (0.5, 0.3, 0.2)
PLANTED: Final = (0.47, 0.31, 0.22)

HOW: Final = (
    "experiments made up with fixed seeds: subjects that convert 10 of 100 times; that spend, 20 "
    "of 100 of them, gamma amounts of shape 0.5; that click on 30 of 100 pages, each as readily as "
    "it is; whose past tells half of the variance; and that click on pages as readily as they did "
    "before. Each is summed, and compared by the "
    "functions that analyse experiments; coverage and power at a true lift of 10%"
)

WORLDS: Final[dict[str, tuple[World, int]]] = {
    "proportion": (Conversions(), 5_000),
    "mean": (Revenue(), 2_000),
    "ratio": (Clicks(), 1_000),
    "mean with CUPED": (Habits(), 1_000),
    "ratio with CUPED": (Readers(), 1_000),
}
"""What is covered, and by how many subjects in an arm."""

ADJUSTED: Final[dict[str, Habits | Readers]] = {"mean": Habits(), "ratio": Readers()}
"""Worlds with a past."""

type Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found.

    Attributes:
        experiments: of each kind.
        covered: share of fixed intervals that hold the true lift, by metric.
        reduced: share of the variance that CUPED takes, by metric.
        peeked: without an effect and looked at 20 times, by metric.
        powers: planned for a lift that is there, by method and metric.
        false_alarms: of the sample ratio test, in sound experiments.
        planted: alarms where an arm lost subjects.
        segment_alarms: sound experiments with an alarm in any segment.
        holm: share of experiments with any false alarm among 20 questions.
        hochberg: mean share of false ones among the alarms.
        peer: the largest distance from gbstats, by question.
    """

    experiments: int
    covered: dict[str, float]
    reduced: dict[str, float]
    peeked: dict[str, Peeks]
    powers: dict[str, Powered]
    false_alarms: int
    planted: int
    segment_alarms: int
    holm: float
    hochberg: float
    peer: dict[str, float]


def measured(experiments: int, peer_cases: int, tell: Tell) -> Measured:
    """Makes up experiments, always the same ones, and judges them."""
    seeds = iter(range(100))

    def rng() -> np.random.Generator:
        return np.random.default_rng([SEED, next(seeds)])

    tell("coverage")
    covered = {
        name: coverage(world, rng(), experiments, subjects, TRUE_LIFT)
        for name, (world, subjects) in WORLDS.items()
    }
    reduced = {
        name: reduction(world, rng(), min(experiments, 1_000), 1_000)
        for name, world in ADJUSTED.items()
    }
    tell("20 looks")
    peeked = {
        name: peeks(WORLDS[name][0], rng(), experiments, LOOKS) for name in ("proportion", "mean")
    }
    tell("power")
    powers = _powers(experiments, rng)
    tell("sample ratios")
    alarms = mismatches(rng(), experiments, 10_000, DESIGN)
    planted = mismatches(rng(), experiments, 10_000, PLANTED)
    segments = segment_alarms(rng(), experiments, 10_000)
    holm, hochberg = families(rng(), experiments, 20)
    tell("gbstats")
    peer = distances(rng(), peer_cases)
    return Measured(
        experiments=experiments,
        covered=covered,
        reduced=reduced,
        peeked=peeked,
        powers=powers,
        false_alarms=alarms,
        planted=planted,
        segment_alarms=segments,
        holm=holm,
        hochberg=hochberg,
        peer=peer,
    )


def _powers(experiments: int, rng: Callable[[], np.random.Generator]) -> dict[str, Powered]:
    plan = partial(powered, experiments=experiments, true_lift=TRUE_LIFT)
    return {
        "fixed, proportion": plan(Conversions(), rng(), method=Fixed()),
        "fixed, mean": plan(Revenue(), rng(), method=Fixed()),
        "sequential, proportion": plan(Conversions(), rng(), method=Sequential()),
    }


def report(found: Measured) -> Report:
    """The measured values beside their targets."""
    return Report("bench stats", list(_targets(found)), _details(found))


def _targets(found: Measured) -> Iterator[Target]:
    for name, share in found.covered.items():
        off = round(abs(share - (1 - ALPHA)), 6)
        yield Target(f"fixed interval, {name}: coverage off 95%", off, "share", "<=", 0.01)
    for name, looked in found.peeked.items():
        said = f"sequential, {name}: A/A ever different in 20 looks"
        yield Target(said, looked.sequential, "share", "<=", ALPHA)
    widths = found.peeked["proportion"].widths
    yield Target("sequential interval, narrowest", min(widths.values()), "ratio", "<=", 1.6)
    for name, plan in found.powers.items():
        off = round(abs(plan.found - plan.computed), 6)
        yield Target(f"{name}: power off the computed", off, "share", "<=", 0.015)
    for name, alarms in (("all", found.false_alarms), ("10 segments", found.segment_alarms)):
        p = _excess(alarms, found.experiments)
        yield Target(f"sample ratio, {name}: binomial p of false alarms", p, "p", ">=", 0.01)
    share = found.planted / found.experiments
    yield Target("sample ratio: planted mismatch found", share, "share", ">=", 0.95)
    for name, share in found.reduced.items():
        told = ADJUSTED[name].told
        off = round(abs(share - told), 6)
        said = f"CUPED, {name}: variance taken off the planted {told:.0%}"
        yield Target(said, off, "share", "<=", 0.01)
    yield Target("Holm: any false alarm of 15", found.holm, "share", "<=", ALPHA)
    yield Target("Benjamini-Hochberg: false of the alarms", found.hochberg, "share", "<=", ALPHA)
    same = max(far for name, far in found.peer.items() if name not in MEANT)
    yield Target("gbstats: largest distance", same, "relative", "<=", 1e-8)
    for name in MEANT:
        yield Target(f"gbstats: {name}", found.peer[name], "standard errors", "<=", 0.01)


def _excess(alarms: int, experiments: int) -> float:
    """The chance of so many false alarms or more, if each has the nominal one."""
    return float(binomtest(alarms, experiments, ALARM, alternative="greater").pvalue)


def _details(found: Measured) -> dict[str, object]:
    fixed, sequential = (
        found.powers[name].subjects for name in ("fixed, proportion", "sequential, proportion")
    )
    return {
        "how": HOW,
        "seed": SEED,
        "experiments": found.experiments,
        "coverage": found.covered,
        "variance_taken_by_cuped": found.reduced,
        "a_a_ever_different": {
            name: {"sequential": looked.sequential, "fixed": looked.fixed}
            for name, looked in found.peeked.items()
        },
        "sequential_width": {
            "narrowest_at_subjects": TUNED_FOR,
            "to_fixed_by_subjects": found.peeked["proportion"].widths,
            "subjects_to_fixed_for_one_look": sequential / fixed,
        },
        "power": {
            name: {"subjects": plan.subjects, "computed": plan.computed, "found": plan.found}
            for name, plan in found.powers.items()
        },
        "sample_ratio_alarms": {
            "expected": found.experiments * ALARM,
            "sound": found.false_alarms,
            "any_of_10_segments": found.segment_alarms,
            "planted": found.planted,
        },
        "gbstats": {"distances": found.peer, "known_differences": dict(DIFFERENCES)},
    }
