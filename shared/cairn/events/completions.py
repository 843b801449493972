"""Requests that report nothing of themselves, on their way to being counted as answered.

A decision, a session's start and a batch of events travel with what is sent anyway. Whatever else
is answered to a known workspace, such as a refusal, is told by a message of its own: one, after the
answer is made, and only while there is time.
"""

import time
from dataclasses import dataclass

from cairn.events.own import About, Served, request_completed
from cairn.events.pack import pack
from cairn.events.reporting import Sending
from cairn.platform.clock import Clock, Ticker, system_clock
from cairn.platform.completion import Answered, Completed
from cairn.platform.ids import sortable_id


@dataclass(frozen=True, slots=True)
class Completions:
    """Tells of requests that did not tell of themselves.

    Attributes:
        source: the function that answers them.
        shards: message groups of the queue.
    """

    source: str
    queue: Sending
    shards: int
    clock: Clock = system_clock
    tick: Ticker = time.monotonic

    def begun(self) -> Completed:
        """What tells of a request that begins now."""
        started_s = self.tick()

        def completed(answered: Answered) -> bool:
            return self._told(answered, (self.tick() - started_s) * 1000)

        return completed

    def _told(self, answered: Answered, latency_ms: float) -> bool:
        now = self.clock()
        served = Served(
            operation=answered.route,
            status=answered.status,
            latency_ms=latency_ms,
            trace_id=answered.trace_id,
            code=answered.code,
        )
        about = About(self.source, made=sortable_id("req", now), at=now, session_id=None)
        event = request_completed(served, about)
        return not self.queue.send(pack(answered.workspace, [event], shards=self.shards, now=now))
