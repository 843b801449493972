"""Attempts that meet others: each after a pause, until a deadline.

Pauses are exponential with full jitter, so that those who met do not meet again (Brooker,
"Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
"""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Final

from cairn.platform.clock import Deadline

FIRST_MS: Final = 25.0
"""The first pause, at most; each one after may be twice as long."""

DOUBLINGS: Final = 5
"""From then on pauses grow no more: 0.8 seconds at most."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """How attempts are spread over the time that is left.

    Attributes:
        deadline: the request's.
        draw: gives a number from 0 (inclusive) to 1 (exclusive).
        sleep: waits so many seconds.
    """

    deadline: Deadline
    draw: Callable[[], float] = random.random
    sleep: Callable[[float], None] = time.sleep

    def attempts(self, reserve_ms: float) -> Iterator[int]:
        """Numbers of attempts, from 0; at least one, and no pause that leaves too little time.

        Args:
            reserve_ms: what an attempt and the answer after it take.
        """
        for number in count():
            yield number
            pause_ms = self.draw() * FIRST_MS * 2 ** min(number, DOUBLINGS)
            if self.deadline.left_ms(reserve_ms) <= pause_ms:
                return
            self.sleep(pause_ms / 1000)
