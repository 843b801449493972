"""The shared cache in the process."""

from collections.abc import Mapping, Sequence


class MemoryCache:
    """A cache that counts its trips; it never forgets.

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
        """See `cairn.platform.cache.Cache`."""
        self.trips += 1
        self.kept.update(put)
        return [self.kept.get(key) for key in get]
