"""What one participant adds to the arms of an experiment.

Counters are named by variation, so that one item holds a whole experiment:

    crossed                            saw several variations; counts in none of them
    <v>|crossed                        of those, who saw this one
    <v>|exposed                        saw this one only
    <v>|exposed|<dimension>|<value>    the same by the value that was known at the exposure
    <v>|<metric>|n                     did it at least once within the window
    <v>|<metric>|sum, sq               Σy, Σy²; of proportions both are `n`
    <v>|<metric>|den, den_sq, both     Σd, Σd², Σyd; of ratios
    <v>|<metric>|pre_n                 did it in the time before; of proportions and means
    <v>|<metric>|pre, pre_sq, both     Σx, Σx², Σxy; of proportions Σx and Σx² are `pre_n`
    <v>|<metric>|b<bucket>             durations by the buckets of a sketch

Sums are in millionths, sums of products in their squares.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from cairn.experiments.following import (
    DENOMINATOR,
    LARGEST,
    MICRO,
    NUMERATOR,
    Experiment,
    Metric,
)
from cairn.experiments.participant import NO_COUNTERS, Counters, Moment, Participant
from cairn.metrics.series import under
from cairn.metrics.sketch import counter_of

CROSSED: Final = "crossed"
EXPOSED: Final = "exposed"

PERIOD_BEFORE_MS: Final = 14 * 24 * 3_600_000
"""How far the time before the first exposure reaches back, for CUPED."""


def contribution(participant: Participant, experiment: Experiment) -> Counters:
    """What a participant adds to an experiment's arms; nothing without an exposure."""
    seen = participant.exposures.get(experiment.id)
    if not seen:
        return NO_COUNTERS
    if len(seen) > 1:
        return {CROSSED: 1, **{under(each, CROSSED): 1 for each in seen}}
    ((variation, exposure),) = seen.items()
    counters = {under(variation, EXPOSED): 1}
    for dimension, value in exposure.dimensions.items():
        counters[under(variation, EXPOSED, dimension, value)] = 1
    for metric in experiment.metrics:
        for name, count in _measured(metric, participant, exposure.at_ms):
            if count:
                counters[under(variation, metric.id, name)] = count
    return counters


def difference(before: Counters, after: Counters) -> Counters:
    """What must be added so that counters say `after` instead of `before`."""
    changes = {name: after.get(name, 0) - before.get(name, 0) for name in {**before, **after}}
    return {name: count for name, count in changes.items() if count}


def _measured(
    metric: Metric, participant: Participant, exposed_ms: int
) -> Iterator[tuple[str, int]]:
    moments = participant.streams.get(metric.id + NUMERATOR, ())
    inside = _between(moments, exposed_ms, exposed_ms + metric.window_ms)
    if metric.type == "duration":
        return _duration(metric, inside, exposed_ms)
    if metric.type == "ratio":
        below = participant.streams.get(metric.id + DENOMINATOR, ())
        return _ratio(metric, inside, _between(below, exposed_ms, exposed_ms + metric.window_ms))
    before = _between(moments, exposed_ms - PERIOD_BEFORE_MS, exposed_ms)
    return (
        _proportion(inside, before)
        if metric.type == "proportion"
        else _mean(metric, inside, before)
    )


def _proportion(inside: Sequence[Moment], before: Sequence[Moment]) -> Iterator[tuple[str, int]]:
    yield "n", int(bool(inside))
    yield "pre_n", int(bool(before))
    yield "both", int(bool(inside and before))


def _mean(
    metric: Metric, inside: Sequence[Moment], before: Sequence[Moment]
) -> Iterator[tuple[str, int]]:
    y, x = _capped(metric, inside), _capped(metric, before)
    yield from (("n", int(bool(inside))), ("sum", y), ("sq", y * y))
    yield from (("pre_n", int(bool(before))), ("pre", x), ("pre_sq", x * x), ("both", x * y))


def _ratio(
    metric: Metric, inside: Sequence[Moment], below: Sequence[Moment]
) -> Iterator[tuple[str, int]]:
    y, d = _capped(metric, inside), _total(below)
    yield from (("n", int(bool(inside))), ("sum", y), ("sq", y * y))
    yield from (("den", d), ("den_sq", d * d), ("both", d * y))


def _duration(
    metric: Metric, inside: Sequence[Moment], exposed_ms: int
) -> Iterator[tuple[str, int]]:
    """How long it took: to the first event or, where events say so themselves, on average."""
    if not inside:
        return
    took = (
        (inside[0].at_ms - exposed_ms) * MICRO
        if metric.timed
        else sum(each.micro for each in inside) // len(inside)
    )
    y = min(took, metric.cap)
    yield from (("n", 1), ("sum", y), ("sq", y * y), (counter_of(y / MICRO), 1))


def _capped(metric: Metric, moments: Sequence[Moment]) -> int:
    return min(_total(moments), metric.cap)


def _total(moments: Sequence[Moment]) -> int:
    return max(-LARGEST, min(LARGEST, sum(each.micro for each in moments)))


def _between(moments: Sequence[Moment], starts_ms: int, ends_ms: int) -> list[Moment]:
    return [each for each in moments if starts_ms <= each.at_ms < ends_ms]
