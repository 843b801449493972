"""Caches for tests: one that keeps, one that is dead."""

from collections.abc import Mapping, Sequence
from threading import Event

from cairn.platform.errors import CacheUnavailable


class MemoryCache:
    """A cache in the process that counts its trips.

    Attributes:
        kept: what was put, by key.
        trips: how often it was called.
    """

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.trips = 0

    def exchange(
        self,
        *,
        put: Mapping[str, bytes],
        get: Sequence[str],
        ttl_s: int,  # noqa: ARG002  # the port's words
    ) -> list[bytes | None]:
        """Keeps forever."""
        self.trips += 1
        self.kept.update(put)
        return [self.kept.get(key) for key in get]


class DeadCache:
    """A cache that never answers."""

    def exchange(
        self,
        *,
        put: Mapping[str, bytes],  # noqa: ARG002  # the port's words
        get: Sequence[str],  # noqa: ARG002  # the same
        ttl_s: int,  # noqa: ARG002  # the same
    ) -> list[bytes | None]:
        """Fails."""
        raise CacheUnavailable("The cache does not answer.")


class HangingCache:
    """A cache that answers nothing before its gate opens."""

    def __init__(self) -> None:
        self.gate = Event()

    def exchange(
        self,
        *,
        put: Mapping[str, bytes],  # noqa: ARG002  # the port's words
        get: Sequence[str],
        ttl_s: int,  # noqa: ARG002  # the same
    ) -> list[bytes | None]:
        """Waits for the gate, at most ten seconds."""
        self.gate.wait(10)
        return [None] * len(get)
