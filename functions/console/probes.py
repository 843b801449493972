"""Looks at what Cairn stands on, one dependency at a time; no look ever raises a `CairnError`."""

from collections.abc import Callable
from typing import Final

from cairn.platform.cache import Cache
from cairn.platform.dynamo import Dynamo, Key
from cairn.platform.errors import CacheUnavailable, QueueUnavailable, StoreUnavailable
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
