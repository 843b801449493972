"""Small state that the instances of a function share, as a port: counters, claims, values.

A few changes go together in one trip, all or none. Keys begin with the workspace as a hash tag
(`{demo}:breaker:…`), so that a cluster keeps together what is changed together. Nothing here is
kept for long, and all of it may be lost: it slows down or cuts short, it never decides.

`MemoryState` is the state of one process; `ValkeyState` (in `valkey_state.py`) that of all;
`NearState` (in `near_state.py`) that of all, or of the process where the other is away.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Final, Protocol

from cairn.platform.clock import Ticker

SWEEP_AT: Final = 2_000
"""From so many keys on, a process sweeps out the expired ones."""


@dataclass(frozen=True, slots=True)
class Add:
    """Adds to a counter that expires `ttl_ms` after its first addition; answers the new count."""

    key: str
    by: int
    ttl_ms: int


@dataclass(frozen=True, slots=True)
class Claim:
    """Sets a value where there is none; answers None where it did, else what is there."""

    key: str
    value: bytes
    ttl_ms: int


@dataclass(frozen=True, slots=True)
class Put:
    """Sets a value; answers None."""

    key: str
    value: bytes
    ttl_ms: int


@dataclass(frozen=True, slots=True)
class Read:
    """Answers the value, or None; a counter is read as its decimal digits."""

    key: str


@dataclass(frozen=True, slots=True)
class Drop:
    """Forgets a key; answers None."""

    key: str


type Change = Add | Claim | Put | Read | Drop
type Answer = int | bytes | None


class SharedState(Protocol):
    """Where changes are made."""

    def apply(self, changes: Sequence[Change]) -> list[Answer]:
        """Makes all changes in their order, and nobody else's between them.

        Raises:
            CacheUnavailable: there was no answer; nothing is known of the changes.
        """
        ...


class MemoryState:
    """The state of one process."""

    def __init__(self, tick: Ticker = time.monotonic) -> None:
        self._tick = tick
        self._lock = Lock()
        self._kept: dict[str, tuple[float, bytes]] = {}

    def apply(self, changes: Sequence[Change]) -> list[Answer]:
        """See `SharedState.apply`."""
        with self._lock:
            self._sweep()
            return [self._change(each) for each in changes]

    def _change(self, change: Change) -> Answer:
        found = self._find(change.key)
        match change:
            case Read():
                return found
            case Drop():
                self._kept.pop(change.key, None)
            case Put() | Claim():
                if isinstance(change, Claim) and found is not None:
                    return found
                self._kept[change.key] = (self._ends(change.ttl_ms), change.value)
            case Add():
                return self._add(change, found)
        return None

    def _add(self, change: Add, found: bytes | None) -> int:
        ends = self._ends(change.ttl_ms) if found is None else self._kept[change.key][0]
        count = number(found) + change.by
        self._kept[change.key] = (ends, str(count).encode())
        return count

    def _find(self, key: str) -> bytes | None:
        ends, value = self._kept.get(key, (0.0, None))
        return value if self._tick() < ends else None

    def _ends(self, ttl_ms: int) -> float:
        return self._tick() + ttl_ms / 1000

    def _sweep(self) -> None:
        if len(self._kept) >= SWEEP_AT:
            now = self._tick()
            self._kept = {key: kept for key, kept in self._kept.items() if now < kept[0]}


def number(answer: Answer) -> int:
    """A count that was added to or read; 0 where there is none."""
    return int(answer or 0)


def learned(changes: Sequence[Change], answers: Sequence[Answer]) -> list[Change]:
    """The changes by which another state comes to know what these answers tell."""
    return [
        each
        for change, answer in zip(changes, answers, strict=True)
        for each in _learned(change, answer)
    ]


def _learned(change: Change, answer: Answer) -> Sequence[Change]:
    match change:
        case Add():
            return (Drop(change.key), Add(change.key, number(answer), change.ttl_ms))
        case Claim():
            held = change.value if answer is None else answer
            return (Put(change.key, held, change.ttl_ms),) if isinstance(held, bytes) else ()
        case Read():
            return ()
        case _:
            return (change,)
