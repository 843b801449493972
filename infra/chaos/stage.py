"""Several processes on one simulated clock, one at a time, in an order that a seed decides.

Each role runs in a thread of its own and holds the stage until it takes a turn: at every trip to a
store, or to sleep. So processes meet in the middle of what they do, and the same seed plays the
same scenes again.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from threading import Semaphore, Thread

type Role = Callable[[], None]

LONGEST_TRIP_MS = 120


@dataclass(slots=True)
class _Actor:
    """A role that is played.

    Attributes:
        wakes: the instant from which it goes on.
    """

    name: str
    wakes: datetime
    cue: Semaphore = field(default_factory=lambda: Semaphore(0))


class Stopped(BaseException):
    """Another role could not go on, so this one ends too."""


class Stage:
    """Where roles are played.

    Args:
        rng: decides who goes on, and how long a trip takes.
        now: when the play begins.
    """

    def __init__(self, rng: Random, now: datetime) -> None:
        self._rng = rng
        self._now = now
        self._actors: dict[int, _Actor] = {}
        self._waiting: list[_Actor] = []
        self._broken: list[BaseException] = []

    def clock(self) -> datetime:
        """The simulated present."""
        return self._now

    @property
    def role(self) -> str:
        """Who is on the stage; empty for threads that play no role."""
        actor = self._actors.get(threading.get_ident())
        return actor.name if actor else ""

    def play(self, roles: Mapping[str, Role]) -> None:
        """Plays all roles to their end.

        Raises:
            BaseException: whatever one of them could not bear.
        """
        threads = [
            Thread(target=self._act, args=(self._cast(name), role), name=name, daemon=True)
            for name, role in roles.items()
        ]
        for each in threads:
            each.start()
        self._next()
        for each in threads:
            each.join()
        if self._broken:
            raise self._broken[0]

    def turn(self) -> None:
        """Lets a trip take its time, and somebody else go on meanwhile."""
        if self.role:
            self._leave(timedelta(milliseconds=self._rng.uniform(1, LONGEST_TRIP_MS)))

    def sleep(self, seconds: float) -> None:
        """Goes on that much later."""
        self._leave(timedelta(seconds=seconds))

    def _cast(self, name: str) -> _Actor:
        actor = _Actor(name, self._now)
        self._waiting.append(actor)
        return actor

    def _act(self, actor: _Actor, role: Role) -> None:
        actor.cue.acquire()
        self._actors[threading.get_ident()] = actor
        try:
            role()
        except BaseException as error:  # noqa: BLE001  # it is raised again where the play was begun
            self._broken.append(error)
        finally:
            del self._actors[threading.get_ident()]
            self._next()

    def _leave(self, lasting: timedelta) -> None:
        actor = self._actors[threading.get_ident()]
        actor.wakes = self._now + lasting
        self._waiting.append(actor)
        self._next()
        actor.cue.acquire()
        if self._broken:
            raise Stopped

    def _next(self) -> None:
        """Gives the stage to whoever wakes next."""
        if not self._waiting:
            return
        actor = min(self._waiting, key=lambda each: each.wakes)
        self._waiting.remove(actor)
        self._now = max(self._now, actor.wakes)
        actor.cue.release()
