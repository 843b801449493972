"""Waiting until everything that was sent is counted."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cairn.platform.clock import Ticker
from infra.proof import Unmeasurable

POLL_S = 0.5
STABLE_POLLS = 4
"""Empty this often in a row means drained: a parcel may hide for a moment on its way."""


@dataclass(frozen=True, slots=True)
class Drain:
    """How the emptying of a queue is watched.

    Attributes:
        backlog: messages waiting and in flight.
        stall_s: without any progress for this long it is given up.
        sleep: waits that many seconds.
        tick: monotonic seconds.
    """

    backlog: Callable[[], int]
    stall_s: float
    sleep: Callable[[float], None]
    tick: Ticker

    def watch(self) -> Iterator[int]:
        """Gives the backlog again and again, until it stays empty.

        Raises:
            Unmeasurable: the backlog has not become smaller for `stall_s`.
        """
        lowest, since, empty = self.backlog(), self.tick(), 0
        left = lowest
        while True:
            yield left
            empty = 0 if left else empty + 1
            if empty == STABLE_POLLS:
                return
            self.sleep(POLL_S)
            left = self.backlog()
            if left < lowest or not left:
                lowest, since = left, self.tick()
            elif self.tick() - since > self.stall_s:
                raise Unmeasurable(
                    f"The queue stands still: {left} parcels left after {self.stall_s:.0f} s."
                )
