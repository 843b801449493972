"""The shared cache as a port: one trip that writes and reads, or a plain error.

`NoCache` is the environment without one; `ValkeyCache` (in `valkey.py`) the real thing.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol


class Cache(Protocol):
    """Bytes under keys that begin with `{workspace}`, kept for a while, never relied upon."""

    def exchange(
        self, *, put: Mapping[str, bytes], get: Sequence[str], ttl_s: int
    ) -> list[bytes | None]:
        """Writes `put` for `ttl_s` seconds and reads `get`, in one round trip.

        Returns:
            A value, or None, for each key of `get`, in its order.

        Raises:
            CacheUnavailable: the cache did not answer; nothing is known of either half.
        """
        ...


class NoCache:
    """An environment without a cache: every read misses, every write is forgotten."""

    def exchange(
        self,
        *,
        put: Mapping[str, bytes],  # noqa: ARG002  # the port's words
        get: Sequence[str],
        ttl_s: int,  # noqa: ARG002  # the port's words
    ) -> list[bytes | None]:
        """Misses."""
        return [None] * len(get)
