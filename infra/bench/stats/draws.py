"""Made-up experiments as sums: what happens to subjects is drawn, and summed at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from cairn.experiments.arms import MetricSums
from cairn.experiments.model import MetricType

type Values = NDArray[np.float64]
"""One number for each subject of each experiment, in this order of axes from the last."""


type Counts = NDArray[np.int64]
"""What each subject of one arm did."""

type Halves = tuple[Counts, Counts, Counts, Counts]
"""Numerators and denominators, now and before."""

READY: Final = 4
"""How alike subjects are in their readiness: a + b of its beta distribution."""


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
    clicks = rng.binomial(pages, rng.beta(READY * chance, READY * (1 - chance), subjects))
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


@dataclass(frozen=True, slots=True)
class Readers:
    """Subjects click on pages as readily as they did before.

    Attributes:
        mean: share of pages on which somebody clicks who is like all others.
        pages: that a subject sees on average, one at least.
    """

    mean: float = 0.3
    pages: float = 5.0
    type: MetricType = "ratio"

    @property
    def told(self) -> float:
        """Share of the ratio's variance that the past tells.

        Of residuals u now and v before, per page, both have the variance
        (E[p(1 - p)]E[d] + var(p)E[d²]) / E[d]², and only the readiness p in common: their
        covariance is var(p).
        """
        likely = self.mean * (1 - self.mean)
        between, within = likely / (READY + 1), likely * READY / (READY + 1)
        squares = self.pages - 1 + self.pages**2
        variance = (within * self.pages + between * squares) / self.pages**2
        return (between / variance) ** 2

    def sums(
        self, rng: np.random.Generator, experiments: int, subjects: int, lift: float = 0
    ) -> list[MetricSums]:
        """See `World.sums`; the lift is in further clicks."""
        return [in_halves(*self.rows(rng, subjects, lift)) for _ in range(experiments)]

    def rows(self, rng: np.random.Generator, subjects: int, lift: float = 0) -> Halves:
        """Clicks and pages of every subject of an arm, now and before."""
        ready = rng.beta(READY * self.mean, READY * (1 - self.mean), subjects)
        d, e = 1 + rng.poisson(self.pages - 1, (2, subjects))
        x = rng.binomial(e, ready)
        y = rng.binomial(d, ready) + rng.poisson(d * self.mean * lift)
        return y, d, x, e


def in_halves(y: Counts, d: Counts, x: Counts, e: Counts) -> MetricSums:
    """What subjects did within their window and in the time before, summed."""

    def products(one: Counts, other: Counts) -> float:
        return float(one @ other)

    return MetricSums(
        subjects=len(y),
        sum=float(y.sum()),
        sum_sq=products(y, y),
        den_sum=float(d.sum()),
        den_sq=products(d, d),
        cross=products(y, d),
        pre_sum=float(x.sum()),
        pre_sq=products(x, x),
        pre_cross=products(x, y),
        pre_subjects=len(y),
        pre_den_sum=float(e.sum()),
        pre_den_sq=products(e, e),
        cross_xd=products(x, d),
        cross_xe=products(x, e),
        cross_ye=products(y, e),
        cross_de=products(d, e),
    )


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
