"""Placing subjects on the number line (GrowthBook SDK specification 0.8, "hash" and bucketing).

A subject's bucket depends on its id and a seed alone. A variation owns the range that begins at
the sum of the weights before it and is `coverage x weight` long: raising the coverage only
lengthens ranges, so that nobody who is in moves.
"""

from collections.abc import Callable, Iterable, Sequence
from math import nan
from typing import Final

from cairn.flags.fnv import HEADS, SHORT, TAIL, fnv1a32, of_decimal

type Range = tuple[float, float]
"""Where a variation begins (inclusive) and ends (exclusive), within 0 to 1."""

type Place = Callable[[str], float]
"""Tells where a subject stands, from 0 (inclusive) to 1 (exclusive)."""

WEIGHT_TOLERANCE: Final = 0.01
"""Weights whose sum is further from 1 are replaced by equal ones."""


def bucket(seed: str, subject: str, *, version: int = 2) -> float:
    """Where a subject stands, from 0 (inclusive) to 1 (exclusive)."""
    return placer(seed, version)(subject)


def placer(seed: str, version: int = 2) -> Place:
    """A function that places subjects by one seed.

    Version 1 has a resolution of 1/1000 and is biased across seeds; it is kept for namespaces.
    There are no others: with one of them nobody stands anywhere, that is, at NaN.
    """
    match version:
        case 1:
            return lambda subject: fnv1a32(subject + seed) % 1_000 / 1_000
        case 2:
            return _placer(fnv1a32(seed))
        case _:
            return lambda _: nan


def _placer(seed_hash: int) -> Place:
    """Version 2, with the seed hashed once.

    Most time of an evaluation is spent here: what `cairn.flags.fnv` does for a short text and for
    its hash stands in one function.
    """

    def place(subject: str) -> float:
        if len(subject) > SHORT or not subject.isascii():
            return of_decimal(fnv1a32(subject, seed_hash)) % 10_000 / 10_000
        state = seed_hash
        for unit in subject.encode():
            state = (state ^ unit) * 0x01000193
        number = state & 0xFFFFFFFF
        state = HEADS[number // TAIL]
        if state == 0:
            return of_decimal(number) % 10_000 / 10_000
        for digit in b"%05d" % (number % TAIL):
            state = (state ^ digit) * 0x01000193
        return (state & 0xFFFFFFFF) % 10_000 / 10_000

    return place


def equal_weights(count: int) -> list[float]:
    """`count` equal weights that add up to 1; none where `count` is not positive."""
    return [1 / count] * count if count > 0 else []


def bucket_ranges(count: int, coverage: float, weights: Sequence[float] | None) -> list[Range]:
    """The ranges of `count` variations.

    Args:
        count: how many variations there are.
        coverage: the share of each weight that is used; clamped to 0 to 1.
        weights: one for each variation; equal ones where they are absent, of another number, or
            do not add up to 1.
    """
    covered = min(max(coverage, 0.0), 1.0)
    usable = weights if weights is not None and _add_up(weights, count) else equal_weights(count)
    ranges: list[Range] = []
    start = 0.0
    for weight in usable:
        ranges.append((start, start + covered * weight))
        start += weight
    return ranges


def choose(position: float, ranges: Iterable[Range]) -> int | None:
    """The index of the range that holds `position`; None where none does."""
    for index, (start, end) in enumerate(ranges):
        if start <= position < end:
            return index
    return None


def _add_up(weights: Sequence[float], count: int) -> bool:
    return len(weights) == count and abs(sum(weights) - 1) <= WEIGHT_TOLERANCE
