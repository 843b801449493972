"""Looks at what Cairn stands on, side by side; no look ever raises a `CairnError`."""

from collections.abc import Callable, Mapping
from typing import Final

from cairn.platform.cache import Cache
from cairn.platform.dynamo import Dynamo, Key
from cairn.platform.errors import CacheUnavailable, QueueUnavailable, StoreUnavailable
from cairn.platform.lanes import Lanes
from cairn.platform.observability.invocation import Invocation
from cairn.platform.queue import Queue
from functions.console.health import Dependency

type Probe = Callable[[], Dependency]

NOWHERE: Final = "_system#health#probe"
"""A key under which nothing is ever kept: the look costs one read of nothing."""


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


def looked(probes: Mapping[str, Probe], lanes: Lanes, line: Invocation) -> Mapping[str, Dependency]:
    """How each dependency is doing; a look that breaks is told on the line and hides no other."""
    looks = {name: lanes.start(probe) for name, probe in probes.items()}
    return {name: _seen(name, look.result, line) for name, look in looks.items()}


def _seen(name: str, look: Callable[[], Dependency], line: Invocation) -> Dependency:
    try:
        return look()
    except Exception as error:  # noqa: BLE001  # one broken look must not hide the others; it is told
        line.warn(**{name: type(error).__name__})
        return Dependency(status="down", detail="The look itself failed.")
