"""What one participant adds to the arms of an experiment.

Counters are named by variation, so that one item holds a whole experiment:

    crossed                            saw several variations; counts in none of them
    <v>|crossed                        of those, who saw this one
    <v>|exposed                        saw this one only
    <v>|exposed|<dimension>|<value>    the same by the value that was known at the exposure
    <v>|<metric>|n                     did it at least once within the window
    <v>|<metric>|sum, sq               Σy, Σy²; of proportions both are `n`
    <v>|<metric>|den, den_sq, both     Σd, Σd², Σyd; of ratios
    <v>|<metric>|pre_n                 was counted in the time before; of all but durations
    <v>|<metric>|pre, pre_sq           Σx, Σx²; of proportions both are `pre_n`
    <v>|<metric>|both                  Σxy; of proportions and means
    <v>|<metric>|pre_den, pre_den_sq   Σe, Σe², the denominator in the time before; of ratios
    <v>|<metric>|xy, xd, xe, ye, de    Σxy, Σxd, Σxe, Σye, Σde; of ratios
    <v>|<metric>|b<bucket>             durations by the buckets of a sketch

Sums are in millionths, sums of products in their squares.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cairn.experiments.following import (
    DENOMINATOR,
    LARGEST,
    MICRO,
    NUMERATOR,
    Experiment,
    Metric,
)
from cairn.experiments.participant import NO_COUNTERS, Counters, Moment, Moments, Participant
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
    told = _Told(participant.streams, exposed_ms, metric.window_ms)
    inside, before = told.inside(metric.id + NUMERATOR), told.before(metric.id + NUMERATOR)
    match metric.type:
        case "proportion":
            return _proportion(inside, before)
        case "mean":
            return _mean(metric, inside, before)
        case "duration":
            return _duration(metric, inside, exposed_ms)
        case "ratio":
            name = metric.id + DENOMINATOR
            below, below_before = told.inside(name), told.before(name)
            return _ratio(metric, (inside, below), (before, below_before))


@dataclass(frozen=True, slots=True)
class _Told:
    """What happened in a metric's window, and in the time before."""

    streams: Mapping[str, Moments]
    exposed_ms: int
    window_ms: int

    def inside(self, stream: str) -> list[Moment]:
        return self._between(stream, self.exposed_ms, self.exposed_ms + self.window_ms)

    def before(self, stream: str) -> list[Moment]:
        return self._between(stream, self.exposed_ms - PERIOD_BEFORE_MS, self.exposed_ms)

    def _between(self, stream: str, starts_ms: int, ends_ms: int) -> list[Moment]:
        moments = self.streams.get(stream, ())
        return [each for each in moments if starts_ms <= each.at_ms < ends_ms]


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
    metric: Metric,
    inside: tuple[Sequence[Moment], Sequence[Moment]],
    before: tuple[Sequence[Moment], Sequence[Moment]],
) -> Iterator[tuple[str, int]]:
    """Both halves within the window and in the time before, and how they go together."""
    y, d = _capped(metric, inside[0]), _total(inside[1])
    x, e = _capped(metric, before[0]), _total(before[1])
    yield from (("n", int(bool(inside[0]))), ("sum", y), ("sq", y * y))
    yield from (("den", d), ("den_sq", d * d), ("both", d * y))
    yield from (("pre_n", int(any(before))), ("pre", x), ("pre_sq", x * x))
    yield from (("pre_den", e), ("pre_den_sq", e * e))
    yield from (("xy", x * y), ("xd", x * d), ("xe", x * e), ("ye", y * e), ("de", d * e))


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
    y = max(0, min(took, metric.cap))
    yield from (("n", 1), ("sum", y), ("sq", y * y), (counter_of(y / MICRO), 1))


def _capped(metric: Metric, moments: Sequence[Moment]) -> int:
    return min(_total(moments), metric.cap)


def _total(moments: Sequence[Moment]) -> int:
    return max(-LARGEST, min(LARGEST, sum(each.micro for each in moments)))
