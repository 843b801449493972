"""32-bit FNV-1a, as the GrowthBook SDK specification hashes text and numbers.

    state = (state xor unit) * PRIME mod 2**32, for each unit

A state's low 32 bits depend only on the low 32 bits of the one before. So for short texts the
remainder is taken once at the end, which is faster while the numbers stay small. And numbers share
their first digits: the states after those are kept.
"""

import struct
from array import array
from collections.abc import Sequence
from typing import Final

OFFSET: Final = 0x811C9DC5
PRIME: Final = 0x01000193
UINT32: Final = 0xFFFFFFFF

SHORT: Final = 16
"""So many units are hashed without a remainder between them."""

TAIL: Final = 100_000
"""The last five digits of a number; what stands before them is its head."""

HEADS: Final = array("I", bytes(4 * (UINT32 // TAIL + 1)))
"""The state after each head; 0 where it was not needed yet."""


def fnv1a32(text: str, state: int = OFFSET) -> int:
    """The hash of a text's UTF-16 code units, as JavaScript sees them.

    Args:
        text: what to hash.
        state: the hash of what stands before it.
    """
    units = text.encode() if text.isascii() else _utf16(text)
    if len(units) > SHORT:
        return _of_long(units, state)
    for unit in units:
        state = (state ^ unit) * 0x01000193
    return state & 0xFFFFFFFF


def of_decimal(number: int) -> int:
    """The hash of a 32-bit number, written in decimal."""
    head = number // TAIL
    if head == 0:
        return fnv1a32(str(number))
    state = HEADS[head]
    if state == 0:
        state = HEADS[head] = fnv1a32(str(head))
    for digit in b"%05d" % (number % TAIL):
        state = (state ^ digit) * 0x01000193
    return state & 0xFFFFFFFF


def _of_long(units: Sequence[int], state: int) -> int:
    for unit in units:
        state = ((state ^ unit) * 0x01000193) & 0xFFFFFFFF
    return state


def _utf16(text: str) -> tuple[int, ...]:
    encoded = text.encode("utf-16-le", "surrogatepass")
    return struct.unpack(f"<{len(encoded) // 2}H", encoded)
