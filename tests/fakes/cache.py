"""Caches for tests: one that is dead, one that hangs."""

from collections.abc import Mapping, Sequence
from threading import Event

from cairn.platform.errors import CacheUnavailable


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
