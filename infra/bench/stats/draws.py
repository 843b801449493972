"""Made-up experiments as sums: what happens to subjects is drawn, and summed at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cairn.experiments.arms import MetricSums
from cairn.experiments.model import MetricType

type Values = NDArray[np.float64]
"""One number for each subject of each experiment, in this order of axes from the last."""


class World(Protocol):
    """What subjects do."""

    @property
    def type(self) -> MetricType:
        """Of the metric."""
        ...

    @property
    def mean(self) -> float:
        """Of the metric in truth, where there is no lift."""
        ...

    def sums(
        self, rng: np.random.Generator, experiments: int, subjects: int, lift: float = 0
    ) -> list[MetricSums]:
        """One arm of each experiment."""
        ...


@dataclass(frozen=True, slots=True)
class Conversions:
    """Subjects convert, or don't."""

    mean: float = 0.1
    type: MetricType = "proportion"

    def sums(
        self, rng: np.random.Generator, experiments: int, subjects: int, lift: float = 0
    ) -> list[MetricSums]:
        """See `World.sums`."""
        counts = rng.binomial(subjects, self.mean * (1 + lift), experiments).tolist()
        return [MetricSums(subjects, count, count) for count in counts]


@dataclass(frozen=True, slots=True)
class Revenue:
    """Most spend nothing, the others amounts of which few are large (gamma of shape 0.5)."""

    share: float = 0.2
    shape: float = 0.5
    scale: float = 80.0
    type: MetricType = "mean"

    @property
    def mean(self) -> float:
        """See `World.mean`."""
        return self.share * self.shape * self.scale

    def sums(
        self, rng: np.random.Generator, experiments: int, subjects: int, lift: float = 0
    ) -> list[MetricSums]:
        """See `World.sums`; the lift is in how many spend."""
        spenders = rng.binomial(subjects, self.share * (1 + lift), experiments)
        amounts = rng.gamma(self.shape, self.scale, int(spenders.sum()))
        ends = np.cumsum(spenders)
        totals, squares = (
            np.diff(np.concatenate([[0.0], np.cumsum(each)])[np.concatenate([[0], ends])])
            for each in (amounts, amounts * amounts)
        )
        return _sums(subjects, totals, squares)


@dataclass(frozen=True, slots=True)
class Clicks:
    """Subjects differ in how many pages they see, and how readily they click on them."""

    mean: float = 0.3
    type: MetricType = "ratio"

    def sums(
        self, rng: np.random.Generator, experiments: int, subjects: int, lift: float = 0
    ) -> list[MetricSums]:
        """See `World.sums`."""
        chance = self.mean * (1 + lift)
        return [_clicks(rng, subjects, chance) for _ in range(experiments)]


def _clicks(rng: np.random.Generator, subjects: int, chance: float) -> MetricSums:
    pages = 1 + rng.poisson(4.0, subjects)
    clicks = rng.binomial(pages, rng.beta(4 * chance, 4 * (1 - chance), subjects))
    return MetricSums(
        subjects=subjects,
        sum=float(clicks.sum()),
        sum_sq=float(clicks @ clicks),
        den_sum=float(pages.sum()),
        den_sq=float(pages @ pages),
        cross=float(clicks @ pages),
    )


@dataclass(frozen=True, slots=True)
class Habits:
    """What subjects do now goes with what they did before.

    Attributes:
        told: share of the variance that the past tells.
    """

    told: float = 0.5
    mean: float = 10.0
    sd: float = 5.0
    type: MetricType = "mean"

    def sums(
        self, rng: np.random.Generator, experiments: int, subjects: int, lift: float = 0
    ) -> list[MetricSums]:
        """See `World.sums`."""
        found = []
        for _ in range(experiments):
            before = rng.normal(20, 8, subjects)
            noise = rng.normal(0, self.sd * np.sqrt(1 - self.told), subjects)
            slope = self.sd * np.sqrt(self.told) / 8
            now = self.mean * (1 + lift) + slope * (before - 20) + noise
            found.append(
                MetricSums(
                    subjects=subjects,
                    sum=float(now.sum()),
                    sum_sq=float(now @ now),
                    pre_sum=float(before.sum()),
                    pre_sq=float(before @ before),
                    pre_cross=float(before @ now),
                    pre_subjects=subjects,
                )
            )
        return found


def growing(
    world: World, rng: np.random.Generator, experiments: int, looks: Sequence[int]
) -> Iterator[list[MetricSums]]:
    """One arm of each experiment at every look, which is told in subjects."""
    so_far = [MetricSums()] * experiments
    for before, until in zip([0, *looks], looks, strict=False):
        more = world.sums(rng, experiments, until - before)
        so_far = [one + other for one, other in zip(so_far, more, strict=True)]
        yield so_far


def _sums(subjects: int, totals: Values, squares: Values) -> list[MetricSums]:
    pairs = zip(totals.tolist(), squares.tolist(), strict=True)
    return [MetricSums(subjects, total, square) for total, square in pairs]
