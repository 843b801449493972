"""Calls that run beside the caller, and are waited for no longer than a deadline leaves.

Clients of tables and queues have timeouts of their own; a lane makes sure that none of them
outlasts the deadline of the request. A call that is left behind ends by itself.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from cairn.platform.errors import StoreUnavailable, Unavailable

THREADS: Final = 8
"""Calls that may hang at once; more wait, and are given up when their time is over."""


class Lanes:
    """A few threads for the calls of one process."""

    def __init__(self, threads: int = THREADS) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="lane")

    def start[Answer](self, call: Callable[[], Answer]) -> "Future[Answer]":
        """Starts a call beside the caller."""
        return self._threads.submit(call)

    def within[Answer](
        self,
        ms: float,
        call: Callable[[], Answer],
        late: Callable[[str], Unavailable] = StoreUnavailable,
    ) -> Answer:
        """What the call answers, or raises, within `ms` milliseconds.

        Raises:
            Unavailable: as `late` says; it did not answer in time, but may still take effect.
        """
        try:
            return self.start(call).result(ms / 1000)
        except TimeoutError as error:
            raise late("There was no answer in time.") from error
