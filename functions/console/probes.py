"""Looks at what Cairn stands on, side by side; no look ever raises a `CairnError`."""

from collections.abc import Callable, Mapping
from typing import Final

from cairn.platform.cache import Cache
from cairn.platform.clock import Ticker
from cairn.platform.dynamo import Dynamo, Key
from cairn.platform.errors import CacheUnavailable, QueueUnavailable, StoreUnavailable
from cairn.platform.lanes import Lanes
from cairn.platform.observability.invocation import Invocation
from cairn.platform.queue import Queue
from functions.console.health import Dependency

type Probe = Callable[[], Dependency]

NOWHERE: Final = "_system#health#probe"
"""A key under which nothing is ever kept: the look costs one read of nothing."""

FRESH_S: Final = 5.0
"""So long what was seen is told again: whoever asks, and however often, costs one look."""


def table_probe(dynamo: Dynamo, table: str) -> Probe:
    """Whether a table can be read; without tables nothing goes on."""

    def look() -> Dependency:
        try:
            dynamo.get(table, Key(NOWHERE, NOWHERE), consistent=False)
        except StoreUnavailable as error:
            return Dependency(status="down", detail=error.detail)
        return Dependency(status="ok")

    return look


def cache_probe(cache: Cache) -> Probe:
    """Whether the cache answers; without it everything is only slower."""

    def look() -> Dependency:
        try:
            cache.exchange(put={}, get=[NOWHERE], ttl_s=1)
        except CacheUnavailable as error:
            return Dependency(status="degraded", detail=error.detail)
        return Dependency(status="ok")

    return look


def queue_probe(queue: Queue) -> Probe:
    """How much waits in a queue; without it decisions still come, but counts stand still."""

    def look() -> Dependency:
        try:
            waiting, in_flight = queue.depth()
        except QueueUnavailable as error:
            return Dependency(status="degraded", detail=error.detail)
        return Dependency(status="ok", waiting=waiting, in_flight=in_flight)

    return look


def dead_letter_probe(queue: Queue) -> Probe:
    """Whether something could not be counted: a dead-letter queue should be empty."""
    depth = queue_probe(queue)

    def look() -> Dependency:
        found = depth()
        if not found.waiting:
            return found
        return found.model_copy(
            update={"status": "degraded", "detail": "Some messages could not be processed."}
        )

    return look


class Lookout:
    """Looks at every dependency, and remembers for some seconds what was seen."""

    def __init__(self, probes: Mapping[str, Probe], lanes: Lanes, tick: Ticker) -> None:
        self._probes = probes
        self._lanes = lanes
        self._tick = tick
        self._seen: Mapping[str, Dependency] = {}
        self._until_s = tick()

    def look(self, line: Invocation) -> Mapping[str, Dependency]:
        """How each dependency is doing; a look that breaks is told on the line, hides no other."""
        if self._tick() >= self._until_s:
            looks = {name: self._lanes.start(probe) for name, probe in self._probes.items()}
            self._seen = {name: _seen(name, look.result, line) for name, look in looks.items()}
            self._until_s = self._tick() + FRESH_S
        return self._seen


def _seen(name: str, look: Callable[[], Dependency], line: Invocation) -> Dependency:
    try:
        return look()
    except Exception as error:  # noqa: BLE001  # one broken look must not hide the others; it is told
        line.warn(**{name: type(error).__name__})
        return Dependency(status="down", detail="The check itself failed.")
