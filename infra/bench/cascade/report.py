"""What `cairn bench cascade` tells."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import median
from typing import Final

from cairn.decisions.finding import Source
from infra.bench.cascade.contexts import CONTEXTS, INSTANCES, LATENCY_MS, Pass
from infra.bench.cascade.overhead import Pair
from infra.proof import Report, Target

RULES_MS: Final = 1.0
OVERHEAD_MS: Final = 1.0
HITS: Final = 0.9

HOW: Final = (
    "tiers: CPU of whole decisions, all threads, stores and models for free; overhead: CPU and "
    "wall of one call by us and by the bare SDK in turns, to one server in another process; "
    f"cache: {CONTEXTS} contexts twice over {INSTANCES} instances with a shared cache, each "
    f"visitor at another instance the second time, a model that takes {LATENCY_MS:.0f} ms"
)


def report(
    tiers: Sequence[Mapping[Source, float]], pairs: Sequence[Pair], passes: Sequence[Pass]
) -> Report:
    """The measured values beside their targets, medians with their spread."""
    first, second = passes
    decided = sum(second.sources.values())
    rules_ms = median(each["rules"] for each in tiers)
    more_ms = median(each.ours.cpu_ms - each.bare.cpu_ms for each in pairs)
    return Report(
        "bench cascade",
        [
            Target("a decision by rules", round(rules_ms, 3), "ms CPU", "<=", RULES_MS),
            Target("ours around a model call", round(more_ms, 3), "ms CPU", "<=", OVERHEAD_MS),
            Target("hits, second pass", round(second.hits / decided, 3), "ratio", ">=", HITS),
            Target("model calls of cached decisions", first.asked + second.asked, "calls", "==", 0),
        ],
        {
            "how": HOW,
            "rounds": {"tiers": len(tiers), "overhead": len(pairs)},
            "decision_cpu_ms": {name: _spread([each[name] for each in tiers]) for name in tiers[0]},
            "model_call": _call(pairs),
            "cache": {"first": asdict(first), "second": asdict(second)},
        },
    )


def _call(pairs: Sequence[Pair]) -> dict[str, object]:
    ratio = median(each.ours.wall_ms / each.bare.wall_ms for each in pairs)
    return {
        "ours_cpu_ms": _spread([each.ours.cpu_ms for each in pairs]),
        "bare_cpu_ms": _spread([each.bare.cpu_ms for each in pairs]),
        "more_cpu_ms": _spread([each.ours.cpu_ms - each.bare.cpu_ms for each in pairs]),
        "ours_wall_ms": _spread([each.ours.wall_ms for each in pairs]),
        "bare_wall_ms": _spread([each.bare.wall_ms for each in pairs]),
        "wall_ratio": round(ratio, 3),
    }


def _spread(times_ms: Sequence[float]) -> dict[str, float]:
    ordered = sorted(times_ms)
    tenth = len(ordered) // 10
    return {
        "median": round(median(ordered), 3),
        "p10": round(ordered[tenth], 3),
        "p90": round(ordered[-1 - tenth], 3),
    }
