"""What was counted of an experiment, in the words that statistics are computed from."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from cairn.experiments.arms import MetricSums
from cairn.experiments.contribution import CROSSED, EXPOSED
from cairn.experiments.following import MICRO
from cairn.experiments.model import MetricType
from cairn.experiments.participant import Counters
from cairn.metrics.series import GLUE, under
from cairn.metrics.sketch import COUNTER

_SQUARED: Final = MICRO * MICRO


@dataclass(frozen=True, slots=True)
class Counted:
    """A metric of one arm.

    Attributes:
        converted: subjects that did it at least once within the window.
        sums: over all exposed subjects.
        sketch: durations in milliseconds, by the buckets of `cairn.metrics.sketch`.
    """

    converted: int
    sums: MetricSums
    sketch: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Arm:
    """A variation of an experiment.

    Attributes:
        exposed: subjects that saw it, and no other variation.
        crossed: subjects that saw it, and another one too.
        by_dimension: exposed subjects by the values of each dimension.
        metrics: by their id.
    """

    exposed: int
    crossed: int
    by_dimension: Mapping[str, Mapping[str, int]]
    metrics: Mapping[str, Counted]


@dataclass(frozen=True, slots=True)
class Arms:
    """What was counted of an experiment.

    Attributes:
        crossed: subjects that saw several variations; they count in none.
        variations: the arms, by variation; one that nobody saw is not there.
    """

    crossed: int
    variations: Mapping[str, Arm]


def arms_of(counters: Counters, types: Mapping[str, MetricType]) -> Arms:
    """The arms of an experiment.

    Args:
        counters: of all shards.
        types: of its metrics, by their id.
    """
    nested: dict[str, dict[str, int]] = {}
    for name, count in counters.items():
        variation, _, rest = name.partition(GLUE)
        if rest:
            nested.setdefault(variation, {})[rest] = count
    variations = {variation: _arm(told, types) for variation, told in sorted(nested.items())}
    return Arms(counters.get(CROSSED, 0), variations)


def _arm(told: Counters, types: Mapping[str, MetricType]) -> Arm:
    exposed = told.get(EXPOSED, 0)
    dimensions: dict[str, dict[str, int]] = {}
    for name, count in told.items():
        if name.startswith(EXPOSED + GLUE):
            _, dimension, value = name.split(GLUE, 2)
            dimensions.setdefault(dimension, {})[value] = count
    metrics = {name: _counted(name, told, kind, exposed) for name, kind in types.items()}
    return Arm(exposed, told.get(CROSSED, 0), dimensions, metrics)


def _counted(metric: str, told: Counters, kind: MetricType, exposed: int) -> Counted:
    prefix = under(metric, "")
    mine = {name[len(prefix) :]: n for name, n in told.items() if name.startswith(prefix)}
    buckets = {
        int(name.removeprefix(COUNTER)): count
        for name, count in mine.items()
        if name.removeprefix(COUNTER).removeprefix("-").isdigit()
    }
    sums = _proportion(mine, exposed) if kind == "proportion" else _sums(mine, exposed, kind)
    return Counted(mine.get("n", 0), sums, buckets if kind == "duration" else {})


def _proportion(mine: Counters, exposed: int) -> MetricSums:
    did, before = mine.get("n", 0), mine.get("pre_n", 0)
    return MetricSums(
        subjects=exposed,
        sum=did,
        sum_sq=did,
        pre_sum=before,
        pre_sq=before,
        pre_cross=mine.get("both", 0),
        pre_subjects=before,
    )


def _sums(mine: Counters, exposed: int, kind: MetricType) -> MetricSums:
    def read(name: str, scale: int) -> float:
        return mine.get(name, 0) / scale

    y, yy = read("sum", MICRO), read("sq", _SQUARED)
    if kind == "duration":
        did = mine.get("n", 0)
        return MetricSums(exposed, y, yy, den_sum=did, den_sq=did, cross=y)
    past = MetricSums(
        subjects=exposed,
        sum=y,
        sum_sq=yy,
        pre_sum=read("pre", MICRO),
        pre_sq=read("pre_sq", _SQUARED),
        pre_subjects=mine.get("pre_n", 0),
    )
    both = read("both", _SQUARED)
    if kind == "mean":
        return replace(past, pre_cross=both)
    return replace(
        past,
        den_sum=read("den", MICRO),
        den_sq=read("den_sq", _SQUARED),
        cross=both,
        pre_cross=read("xy", _SQUARED),
        pre_den_sum=read("pre_den", MICRO),
        pre_den_sq=read("pre_den_sq", _SQUARED),
        cross_xd=read("xd", _SQUARED),
        cross_xe=read("xe", _SQUARED),
        cross_ye=read("ye", _SQUARED),
        cross_de=read("de", _SQUARED),
    )
