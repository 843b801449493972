"""What was counted of an experiment, handed over to statistics."""

from dataclasses import replace

from cairn.experiments import arm_counters, arms


def as_sums(found: arm_counters.Arms, control: str) -> dict[str, arms.Arm]:
    """What was counted, as statistics know it; who crossed over is told with the control."""
    told = {
        name: arms.Arm(
            exposed=each.exposed,
            metrics={metric: it.sums for metric, it in each.metrics.items()},
            segments=each.by_dimension,
            durations={metric: it.sketch for metric, it in each.metrics.items() if it.sketch},
        )
        for name, each in found.variations.items()
    }
    if found.crossed:
        told[control] = replace(told.get(control, arms.Arm()), crossed=found.crossed)
    return told
