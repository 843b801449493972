"""What is known of the arms of an experiment: sums over its subjects, never a row."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from operator import add, attrgetter
from typing import Final, Self


@dataclass(frozen=True, slots=True)
class MetricSums:
    """What the subjects of one variation did, as sums that add up in any order.

    With `y` what a subject did, after the metric's cap: 0 where it did nothing. For a proportion
    `y` is 0 or 1. Ratios have a denominator `d` besides; a duration is a ratio whose `d` is 1 for a
    subject that has one, else 0. For CUPED, `x` is what the subject did in the time before, and
    `e` what its denominator was then, of a ratio.

    Attributes:
        subjects: all that were exposed, those without the event among them.
        sum: Σy.
        sum_sq: Σy².
        den_sum: Σd.
        den_sq: Σd².
        cross: Σyd.
        pre_sum: Σx.
        pre_sq: Σx².
        pre_cross: Σxy.
        pre_subjects: those of `subjects` of whom anything was counted before; the others have
            `x` 0.
        pre_den_sum: Σe.
        pre_den_sq: Σe².
        cross_xd: Σxd.
        cross_xe: Σxe.
        cross_ye: Σye.
        cross_de: Σde.
    """

    subjects: int = 0
    sum: float = 0
    sum_sq: float = 0
    den_sum: float = 0
    den_sq: float = 0
    cross: float = 0
    pre_sum: float = 0
    pre_sq: float = 0
    pre_cross: float = 0
    pre_subjects: int = 0
    pre_den_sum: float = 0
    pre_den_sq: float = 0
    cross_xd: float = 0
    cross_xe: float = 0
    cross_ye: float = 0
    cross_de: float = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(*map(add, _VALUES(self), _VALUES(other)))


_VALUES: Final = attrgetter(*(each.name for each in fields(MetricSums)))
"""All sums in order; `dataclasses.astuple` copies deeply, which takes ten times as long."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One variation of an experiment, all shards together.

    Attributes:
        exposed: subjects that saw this variation and no other.
        crossed: subjects that saw another one besides, each told with one arm only; in no other
            number.
        metrics: sums by metric.
        segments: exposed subjects by dimension and value.
        durations: by metric, how many durations a bucket holds (see `cairn.metrics.sketch`).
    """

    exposed: int = 0
    crossed: int = 0
    metrics: Mapping[str, MetricSums] = field(default_factory=dict)
    segments: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    durations: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
