"""Placing subjects on the number line (GrowthBook SDK specification 0.8, "hash" and bucketing).

A subject's bucket depends on its id and a seed alone. A variation owns the range that begins at
the sum of the weights before it and is `coverage x weight` long: raising the coverage only
lengthens ranges, so that nobody who is in moves.
"""

import struct
from collections.abc import Iterable, Sequence
from typing import Final

type Range = tuple[float, float]
"""Where a variation begins (inclusive) and ends (exclusive), within 0 to 1."""

FNV_OFFSET: Final = 0x811C9DC5
FNV_PRIME: Final = 0x01000193
UINT32: Final = 0xFFFFFFFF

WEIGHT_TOLERANCE: Final = 0.01
"""Weights whose sum is further from 1 are replaced by equal ones."""


def fnv1a32(text: str, state: int = FNV_OFFSET) -> int:
    """32-bit FNV-1a over UTF-16 code units, as JavaScript sees text.

    Args:
        text: what to hash.
        state: the hash of what stands before it.
    """
    for unit in text.encode() if text.isascii() else _utf16(text):
        state = ((state ^ unit) * FNV_PRIME) & UINT32
    return state


def bucket(seed: str, subject: str, *, version: int = 2) -> float | None:
    """Where a subject stands, from 0 (inclusive) to 1 (exclusive); None in an unknown version.

    Version 1 has a resolution of 1/1000 and is biased across seeds; it is kept for namespaces.
    """
    match version:
        case 1:
            return fnv1a32(subject + seed) % 1_000 / 1_000
        case 2:
            return bucket_from(fnv1a32(seed), subject)
        case _:
            return None


def bucket_from(seed_hash: int, subject: str) -> float:
    """`bucket` of version 2, with the seed already hashed by `fnv1a32`."""
    return fnv1a32(str(fnv1a32(subject, seed_hash))) % 10_000 / 10_000


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


def _utf16(text: str) -> tuple[int, ...]:
    encoded = text.encode("utf-16-le", "surrogatepass")
    return struct.unpack(f"<{len(encoded) // 2}H", encoded)
