"""How many different subjects there were, from registers that add up in any order.

HyperLogLog (Flajolet, Fusy, Gandouet and Meunier, 2007) as a set that only grows: each subject is
one element, its register's index and the rank of the rest of its hash. The union of two sets
stands for everybody who is in either, so that tables add to it without a read; what a lower rank
left behind is ignored by readers. The estimate is Ertl's (arXiv:1702.01284, algorithm 6), which
needs no correction for few or many.
"""

import math
from collections import Counter
from hashlib import blake2b
from typing import Final

from cairn.metrics.model import Registers

INDEX_BITS: Final = 10
REGISTERS: Final = 1 << INDEX_BITS

ERROR: Final = 1.04 / math.sqrt(REGISTERS)
"""Relative standard error of an estimate, 3.25%: two of three are within it, all within thrice."""

_HASH_BITS: Final = 64
_RANK_BITS: Final = 6
_REST_BITS: Final = _HASH_BITS - INDEX_BITS
_RANK: Final = (1 << _RANK_BITS) - 1
_REST: Final = (1 << _REST_BITS) - 1
_BYTES: Final = (INDEX_BITS + _RANK_BITS) // 8


def register_of(subject: str) -> bytes:
    """The element that stands for a subject: an index of 10 bits and a rank of 6."""
    digest = int.from_bytes(blake2b(subject.encode(), digest_size=_HASH_BITS // 8).digest())
    index, rest = digest >> _REST_BITS, digest & _REST
    rank = _REST_BITS - rest.bit_length() + 1
    return (index << _RANK_BITS | rank).to_bytes(_BYTES)


def estimate(registers: Registers) -> int:
    """How many different subjects left these registers, about; see `ERROR`."""
    highest: dict[int, int] = {}
    for element in registers:
        value = int.from_bytes(element)
        index, rank = value >> _RANK_BITS, value & _RANK
        highest[index] = max(highest.get(index, 0), rank)
    if not highest:
        return 0
    counts = Counter(highest.values())
    total = REGISTERS * _tau(1 - counts[_REST_BITS + 1] / REGISTERS)
    for rank in range(_REST_BITS, 0, -1):
        total = 0.5 * (total + counts[rank])
    total += REGISTERS * _sigma(1 - len(highest) / REGISTERS)
    return round(REGISTERS**2 / (2 * math.log(2) * total))


def _sigma(share: float) -> float:
    """What empty registers amount to; they are this share of all, less than 1."""
    weight, total, former = 1.0, share, -1.0
    while total != former:
        share *= share
        former = total
        total += share * weight
        weight += weight
    return total


def _tau(share: float) -> float:
    """What full registers amount to; all others are this share."""
    if share in {0.0, 1.0}:
        return 0.0
    weight, total, former = 1.0, 1 - share, -1.0
    while total != former:
        share = math.sqrt(share)
        former = total
        weight *= 0.5
        total -= (1 - share) ** 2 * weight
    return total / 3
