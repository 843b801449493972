"""A cache whose client is made beside the first reads of a process.

Importing the Valkey client costs about a third of what all else costs that a start imports, and
it is first needed after a trip to the tables. So a lane imports it while that trip is under way;
what a start is measured to take (`cairn bench imports`) does not hold it.
"""

from collections.abc import Callable, Mapping, Sequence

from cairn.platform.cache import Cache
from cairn.platform.lanes import Lanes


class LazyCache:
    """A `Cache` that is being made; the first exchange waits for it."""

    def __init__(self, make: Callable[[], Cache], lanes: Lanes) -> None:
        self._made = lanes.start(make)

    def exchange(
        self, *, put: Mapping[str, bytes], get: Sequence[str], ttl_s: int
    ) -> list[bytes | None]:
        """See `Cache.exchange`."""
        return self._made.result().exchange(put=put, get=get, ttl_s=ttl_s)
