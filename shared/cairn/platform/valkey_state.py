"""Shared state in Valkey: one `MULTI` for each trip."""

import time
from collections.abc import Sequence
from typing import Final

import redis
from redis.client import Pipeline

from cairn.platform.clock import Ticker
from cairn.platform.errors import CacheUnavailable
from cairn.platform.observability.recording import span
from cairn.platform.shared_state import Add, Answer, Change, Claim, Drop, Put, Read
from cairn.platform.valkey import COOLDOWN_S, Client, connect

COMMANDS_OF_ADD: Final = 2


class ValkeyState:
    """A `SharedState` over one Valkey server or cluster."""

    def __init__(self, url: str, tick: Ticker = time.monotonic) -> None:
        self._url = url
        self._tick = tick
        self._client: Client | None = None
        self._silent_until = 0.0

    def apply(self, changes: Sequence[Change]) -> list[Answer]:
        """See `SharedState.apply`."""
        if not changes:
            return []
        if self._tick() < self._silent_until:
            raise CacheUnavailable("The shared state is not asked for a while after a failure.")
        try:
            return self._apply(changes)
        except (redis.RedisError, OSError) as error:
            self._silent_until = self._tick() + COOLDOWN_S
            raise CacheUnavailable("The shared state does not answer.") from error

    def _apply(self, changes: Sequence[Change]) -> list[Answer]:
        if self._client is None:
            self._client = connect(self._url)
        pipeline = self._client.pipeline(transaction=True)
        for change in changes:
            _enter(pipeline, change)
        with span("MULTI", "client") as asking:
            asking.set("db.system.name", "valkey")
            asking.set("db.operation.batch.size", len(changes))
            told = iter(pipeline.execute())
        return [
            _answer(change, [next(told) for _ in range(_commands(change))]) for change in changes
        ]


def _enter(pipeline: Pipeline, change: Change) -> None:
    match change:
        case Add():
            pipeline.incrby(change.key, change.by)
            pipeline.pexpire(change.key, change.ttl_ms, nx=True)
        case Claim():
            pipeline.set(change.key, change.value, px=change.ttl_ms, nx=True, get=True)
        case Put():
            pipeline.set(change.key, change.value, px=change.ttl_ms)
        case Read():
            pipeline.get(change.key)
        case Drop():
            pipeline.delete(change.key)


def _commands(change: Change) -> int:
    return COMMANDS_OF_ADD if isinstance(change, Add) else 1


def _answer(change: Change, told: Sequence[object]) -> Answer:
    match change, told[0]:
        case Add(), int(count):
            return count
        case ((Claim() | Read()), bytes(value)):
            return value
        case _:
            return None
