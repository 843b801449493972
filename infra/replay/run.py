"""A whole replay: look, send, wait, look again, compare."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from infra.proof import Report
from infra.replay.api import Api
from infra.replay.compare import compared
from infra.replay.drain import Drain
from infra.replay.send import BATCH, Patience, batches, send
from infra.replay.shoppers import Shopper
from infra.replay.story import SPAN, events
from infra.replay.truth import truth


class Progress(Protocol):
    """Who wants to know how far a replay is."""

    def sent(self, events: int) -> None:
        """So many more events are through."""
        ...

    def left(self, parcels: int) -> None:
        """So many parcels still wait to be counted."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What is replayed, and how.

    Attributes:
        run: names this replay; its sessions and events are its own.
        shoppers: the sessions.
        ends: the end of the derived clock.
        duplicate: the share of batches that are sent again, 0 to 1.
        stall_s: how long the queue may stand still before it is given up.
        sleep: waits that many seconds.
    """

    run: str
    shoppers: Sequence[Shopper]
    ends: datetime
    duplicate: float
    stall_s: float
    sleep: Callable[[float], None] = time.sleep

    @property
    def events(self) -> int:
        """Events that are sent once: page views, and one ending of each session."""
        return sum(each.pages + 1 for each in self.shoppers)

    @property
    def to_send(self) -> int:
        """Events that are sent, repeated ones included, to within a batch."""
        return self.events + int(-(-self.events // BATCH) * self.duplicate) * BATCH

    def carry_out(self, api: Api, progress: Progress) -> Report:
        """Replays, and gives what the metrics grew by beside what the file says.

        They are compared with what they said before, so that one stack takes many replays.

        Raises:
            Unmeasurable: events were rejected or not taken, or the queue stands still.
        """
        before = api.counts()
        started = time.monotonic()
        stream = batches(events(self.run, self.shoppers, self.ends), self.duplicate)
        sent = 0
        for through in send(api.post, stream, Patience(self.sleep)):
            sent += through
            progress.sent(through)
        sending_s = time.monotonic() - started
        for left in Drain(api.backlog, self.stall_s, self.sleep, time.monotonic).watch():
            progress.left(left)
        whole_s = time.monotonic() - started
        targets = compared(truth(self.shoppers), before, api.counts())
        return Report("replay shoppers", targets, self._details(sent, sending_s, whole_s))

    def _details(self, sent: int, sending_s: float, whole_s: float) -> dict[str, object]:
        return {
            "run": self.run,
            "events": self.events,
            "events_sent": sent,
            "clock": {
                "derived": True,
                "from": (self.ends - SPAN).isoformat(timespec="milliseconds"),
                "to": self.ends.isoformat(timespec="milliseconds"),
            },
            "sending_s": round(sending_s, 1),
            "counting_s": round(whole_s - sending_s, 1),
            "events_per_s": round(sent / whole_s),
        }
