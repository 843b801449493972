"""What bucketing promises of many subjects: even shares, independence, nobody moved.

Bounds are quantiles of χ² at one in a million, as the ids are fixed: a failure is no bad luck.
"""

from collections import Counter
from collections.abc import Iterable
from itertools import product

from cairn.flags.bucketing import bucket_ranges, choose, placer

MILLION = 1_000_000
CHI_SQUARED_99 = 180.8
"""Of 99 degrees of freedom, exceeded once in a million times."""


def chi_squared(counts: Iterable[int], expected: float) -> float:
    return sum((count - expected) ** 2 / expected for count in counts)


def test_a_million_ids_lie_evenly() -> None:
    place = placer("checkout-layout")
    counts = Counter(int(place(f"user-{number}") * 100) for number in range(MILLION))
    assert set(counts) == set(range(100))
    assert chi_squared(counts.values(), MILLION / 100) < CHI_SQUARED_99


def test_ids_of_other_shapes_lie_evenly_too() -> None:
    place = placer("checkout-layout")
    shapes = (str, lambda n: f"{n:032x}", lambda n: f"ü{n}@example.com")
    for shape in shapes:
        counts = Counter(int(place(shape(number)) * 100) for number in range(100_000))
        assert chi_squared(counts.values(), 1_000) < CHI_SQUARED_99


def test_two_experiments_place_independently() -> None:
    one, other = placer("checkout-layout"), placer("checkout-layout-2")
    pairs = Counter(
        (int(one(subject) * 10), int(other(subject) * 10))
        for subject in (f"user-{number}" for number in range(200_000))
    )
    assert set(pairs) == set(product(range(10), range(10)))
    assert chi_squared(pairs.values(), 2_000) < CHI_SQUARED_99


def test_coverage_that_grows_moves_nobody() -> None:
    place = placer("checkout-layout")
    positions = [place(f"user-{number}") for number in range(20_000)]
    weights = [0.2, 0.3, 0.5]
    before: list[int | None] = [None] * len(positions)
    for percent in range(0, 101, 5):
        ranges = bucket_ranges(3, percent / 100, weights)
        now = [choose(position, ranges) for position in positions]
        assert all(was in (None, is_) for was, is_ in zip(before, now, strict=True))
        before = now
    assert None not in before
