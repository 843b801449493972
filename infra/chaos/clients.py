"""Clients: they send every event, some of them twice, and again whatever they are not sure of."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from infra.chaos.faults import Fault
from infra.chaos.scene import Scene
from infra.inprocess.account import Handler
from infra.inprocess.callers import answered, http_event
from infra.proof import Unmeasurable
from infra.replay.story import Event

BATCH: Final = 500
COMPANY: Final = 100
"""Events of a batch that were sent before, at most."""

BURST: Final = 5
"""Batches that come right behind one another, so that those who fold meet."""

MUCH_LATER_S: Final = (360.0, 1_200.0)
"""When a batch comes again after the queue has forgotten it, seconds."""


class Client:
    """One sender of batches."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._shards = 0
        self._track: Handler | None = None
        self._later: list[tuple[datetime, Sequence[Event]]] = []

    def play(self) -> None:
        """Sends until everything is taken."""
        scene = self._scene
        for fresh in scene.batches:
            scene.posted += 1
            company = self._company(len(fresh))
            batch = [*company, *fresh]
            self._post(batch)
            if scene.due(Fault.ANSWER_LOST, scene.rates.answer_lost):
                scene.again.extend(batch)
            if scene.due(Fault.BATCH_TWICE, scene.rates.batch_twice):
                self._twice(batch)
            if scene.posted % BURST == 0:
                scene.stage.sleep(scene.rng.uniform(0, 2 * BURST * scene.pause_s))
            self._post_what_is_due()
        self._finish()
        scene.sending -= 1

    def _finish(self) -> None:
        for due, batch in sorted(self._later, key=lambda each: each[0]):
            self._scene.wait_for(due)
            self._post(batch)
        self._later.clear()
        while company := self._company(0):
            self._post(company)
            self._scene.stage.sleep(1)

    def _twice(self, batch: Sequence[Event]) -> None:
        """Sends a batch again: every other time at once, else when the queue has forgotten it."""
        if self._scene.weather.happened[Fault.BATCH_TWICE] % 2:
            self._post(batch)
        else:
            later = timedelta(seconds=self._scene.rng.uniform(*MUCH_LATER_S))
            self._later.append((self._scene.stage.clock() + later, batch))

    def _post_what_is_due(self) -> None:
        now = self._scene.stage.clock()
        due = [batch for at, batch in self._later if at <= now]
        self._later = [each for each in self._later if each[0] > now]
        for batch in due:
            self._post(batch)

    def _company(self, fresh: int) -> list[Event]:
        """Events that go again, beside `fresh` new ones."""
        again = self._scene.again
        room = min(len(again), BATCH - fresh, COMPANY)
        company = [again.popleft() for _ in range(room)]
        self._scene.count(Fault.RETRIED, len(company))
        return company

    def _post(self, batch: Sequence[Event]) -> None:
        """Posts a batch once; what the queue did not take goes again in another one.

        Raises:
            Unmeasurable: an event was rejected.
        """
        event = http_event("POST /v1/events", {"events": batch}, key=self._scene.key)
        answer = answered(self._function()(event))
        if answer.status != HTTPStatus.ACCEPTED or answer.json()["rejected"]:
            raise Unmeasurable(f"A batch was answered {answer.status}: {answer.body[:300]}")
        self._scene.again.extend(batch[index] for index in answer.json()["retryable"])

    def _function(self) -> Handler:
        if self._track is None or self._shards != self._scene.groups:
            self._shards = self._scene.groups
            self._track = self._scene.account.start("track_event", self._shards)
        return self._track
