"""What `cairn bench tracing` tells."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Final

from infra.bench.tracing.measure import Mode, decisions, spans
from infra.proof import Report, Target

RECORDING_MS: Final = 0.1
UNRECORDED_NS: Final = 1_000
RECORDED_NS: Final = 5_000
BLOCKS: Final = 100

HOW: Final = (
    "CPU of all threads in one run: the same decision by rules in shuffled order, off, recorded "
    "and dropped, root written, everything written; differences are of the same round; the write "
    "goes through the real client of AWS and is answered before it would be sent; spans in blocks "
    "of 1,000 with three attributes each"
)


def measured(rounds: int) -> Report:
    """Everything, measured.

    Raises:
        Unmeasurable: something else decided, or a trace was not written.
    """
    return report([*decisions(rounds)], [*spans(BLOCKS)])


def report(rounds: Sequence[Mapping[Mode, float]], blocks: Sequence[tuple[float, float]]) -> Report:
    """The measured values beside their targets, medians with their spread."""
    more = {
        mode: _spread([each[mode] - each["off"] for each in rounds], 3)
        for mode in rounds[0]
        if mode != "off"
    }
    without_ns, with_ns = (_spread(list(each), 0) for each in zip(*blocks, strict=True))
    recording_ms = more["recorded"]["median"]
    return Report(
        "bench tracing",
        [
            Target("recording a decision", recording_ms, "ms CPU", "<=", RECORDING_MS),
            Target("a span, not recorded", without_ns["median"], "ns CPU", "<=", UNRECORDED_NS),
            Target("a span, recorded", with_ns["median"], "ns CPU", "<=", RECORDED_NS),
        ],
        {
            "how": HOW,
            "rounds": len(rounds),
            "decision_cpu_ms": {
                mode: _spread([each[mode] for each in rounds], 3) for mode in rounds[0]
            },
            "more_cpu_ms": more,
            "span_cpu_ns": {"not_recorded": without_ns, "recorded": with_ns},
        },
    )


def _spread(values: Sequence[float], digits: int) -> dict[str, float]:
    ordered = sorted(values)
    tenth = len(ordered) // 10
    return {
        "median": round(median(ordered), digits),
        "p10": round(ordered[tenth], digits),
        "p90": round(ordered[-1 - tenth], digits),
    }
