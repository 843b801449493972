"""Ids: prefixed and sorted by time, or secret and random."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from json.encoder import encode_basestring_ascii as quoted

from cairn.platform.clock import epoch_ms, from_epoch_ms

type RandomBytes = Callable[[int], bytes]
"""Gives that many random bytes; replaced in tests."""

RANDOM_BITS = 80

_SECRET = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Ids:
    """Where new ids come from.

    Attributes:
        random: gives random bytes.
    """

    random: RandomBytes = secrets.token_bytes

    def sortable(self, prefix: str, now: datetime) -> str:
        """See `sortable_id`."""
        return sortable_id(prefix, now, self.random)

    def secret(self, prefix: str) -> str:
        """See `secret_id`."""
        return secret_id(prefix, self.random)


def sortable_id(prefix: str, now: datetime, random: RandomBytes = secrets.token_bytes) -> str:
    """`<prefix>_` and 32 hex digits of a UUIDv7 (RFC 9562, section 5.7): sorts by `now`."""
    return f"{prefix}_{_uuid7_hex(epoch_ms(now), random(RANDOM_BITS // 8))}"


def derived_id(prefix: str, now: datetime, *parts: str) -> str:
    """A sortable id whose random part is a digest of `parts`: same input, same id."""
    body = f"[{', '.join(map(quoted, parts))}]"  # as JSON
    digest = blake2b(body.encode(), digest_size=RANDOM_BITS // 8).digest()
    return f"{prefix}_{_uuid7_hex(epoch_ms(now), digest)}"


def sorted_at(identifier: str) -> datetime:
    """The instant that a sortable or derived id was made for, to the millisecond."""
    return from_epoch_ms(int(identifier.rpartition("_")[2][:12], 16))


def secret_id(prefix: str, random: RandomBytes = secrets.token_bytes) -> str:
    """`<prefix>_` and 128 random bits in hex: knowing it is the right to use it."""
    return f"{prefix}_{random(16).hex()}"


IDS = Ids()
"""Ids that nobody can guess."""


def is_secret_id(prefix: str, text: str) -> bool:
    """Whether `text` looks like what `secret_id` gives."""
    kind, _, digits = text.partition("_")
    return kind == prefix and _SECRET.fullmatch(digits) is not None


def _uuid7_hex(ms: int, random: bytes) -> str:
    value = (ms << RANDOM_BITS) | int.from_bytes(random)
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return f"{value:032x}"
