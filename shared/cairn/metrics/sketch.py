"""Percentiles of numbers that are not negative from counts in logarithmic buckets.

The DDSketch of Masson, Rim and Lee (VLDB 2019) without a bound on its buckets. With
g = (1 + a) / (1 - a), bucket `i` holds the numbers in (g^(i-1), g^i], and answers 2g^i / (g + 1),
which is at most the share `a` off from any of them; nothing at all has a bucket of its own.
Counts add up, so sketches merge in any order, and without a read where the buckets are counters of
a table.
"""

import math
from collections.abc import Mapping
from typing import Final

ALPHA: Final = 0.01
"""Relative error of a quantile, at most."""

GAMMA: Final = (1 + ALPHA) / (1 - ALPHA)

LOWEST: Final = 1.0
"""What is smaller, but something, is counted as this; sketched numbers are whole microseconds,
tokens and such."""

ZERO: Final = -1
"""The bucket of nothing at all."""

COUNTER: Final = "b"
"""How the counter of a bucket begins, as in `b417`."""

_LOG_GAMMA: Final = math.log(GAMMA)


def bucket_of(value: float) -> int:
    """The bucket of a number; buckets are whole numbers from `ZERO` up."""
    if value <= 0:
        return ZERO
    return math.ceil(math.log(max(value, LOWEST)) / _LOG_GAMMA - 1e-9)


def value_of(bucket: int) -> float:
    """What stands for every number in a bucket."""
    if bucket == ZERO:
        return 0.0
    return 2 * GAMMA**bucket / (GAMMA + 1)


def counter_of(value: float) -> str:
    """The name of the counter of a number's bucket."""
    return f"{COUNTER}{bucket_of(value)}"


def sketch_of(counters: Mapping[str, int]) -> dict[int, int]:
    """Counters by name as counts by bucket; those that are of no bucket are left out."""
    return {
        int(name.removeprefix(COUNTER)): count
        for name, count in counters.items()
        if name.startswith(COUNTER)
    }


def quantile(counts: Mapping[int, int], q: float) -> float | None:
    """The number below which a share `q` (0 to 1) of all lies; None where there are none.

    It is the item of rank ⌊q·(n-1)⌋, from 0, in the order of size.
    """
    total = sum(counts.values())
    if not total:
        return None
    rank = math.floor(q * (total - 1))
    seen = 0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if seen > rank:
            return value_of(bucket)
    raise AssertionError("ranks end with the last number")
