"""Calls that run beside the caller, and are waited for no longer than a deadline leaves.

Clients of tables and queues have timeouts of their own; a lane makes sure that none of them
outlasts the deadline of the request. A call that is left behind ends by itself, and does not keep
the process from ending. The threads of `concurrent.futures` would do, at twice the processor time
of a hand-over (`cairn bench cascade` counts three of them in each decision).
"""

from collections.abc import Callable
from contextvars import copy_context
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Final
from weakref import finalize

from cairn.platform.errors import StoreUnavailable, Unavailable

THREADS: Final = 8
"""Calls that may hang at once; more wait, and are given up when their time is over."""


class Running[Answer]:
    """A call that was started.

    Its latch is closed until the call has ended; who waits passes through and leaves it open.
    """

    __slots__ = ("_answer", "_call", "_cancelled", "_context", "_error", "_latch")

    def __init__(self, call: Callable[[], Answer]) -> None:
        self._call = call
        self._context = copy_context()
        self._answer: Answer
        self._error: BaseException | None = None
        self._cancelled = False
        self._latch = Lock()
        self._latch.acquire()

    def run(self) -> None:
        """Makes the call, unless it was cancelled; what comes of it waits for `result`."""
        if self._cancelled:
            return
        try:
            self._answer = self._context.run(self._call)
        except BaseException as error:  # noqa: BLE001  # raised where it is waited for
            self._error = error
        finally:
            self._latch.release()

    def cancel(self) -> None:
        """Keeps a call that waits for a thread from ever being made; nobody may wait for it."""
        self._cancelled = True

    def result(self, timeout_s: float | None = None) -> Answer:
        """What the call answers, or raises.

        Raises:
            TimeoutError: it has not ended within `timeout_s` seconds.
        """
        patience_s = -1 if timeout_s is None else max(0.0, timeout_s)
        if not self._latch.acquire(timeout=patience_s):
            raise TimeoutError
        self._latch.release()
        if self._error is not None:
            raise self._error
        return self._answer


class _Crew:
    """The threads behind lanes, which hold it, but not the lanes themselves."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._threads = 0
        self._pending = 0
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()

    def take(self, run: Callable[[], None]) -> None:
        """Has a call made by whoever is free, by somebody new where nobody is."""
        with self._lock:
            self._pending += 1
            short = self._threads < min(self._pending, self._most)
            self._threads += short
        self._calls.put(run)
        if short:
            self._grow()

    def dismiss(self) -> None:
        """Lets every thread end once it is free."""
        self._calls.put(None)

    def _grow(self) -> None:
        try:
            Thread(target=self._work, name="lane", daemon=True).start()
        except RuntimeError:  # no more threads: the call waits for those that there are
            with self._lock:
                self._threads -= 1

    def _work(self) -> None:
        while (run := self._calls.get()) is not None:
            run()
            del run
            with self._lock:
                self._pending -= 1
        self.dismiss()


class Lanes:
    """A few threads for the calls of one process; each is started when it is first needed.

    They end with the lanes, as soon as nobody refers to these any more.
    """

    def __init__(self, threads: int = THREADS) -> None:
        self._crew = _Crew(threads)
        finalize(self, self._crew.dismiss)

    def start[Answer](self, call: Callable[[], Answer]) -> Running[Answer]:
        """Starts a call beside the caller, in the caller's context: spans belong to its trace."""
        running = Running(call)
        self._crew.take(running.run)
        return running

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
        running = self.start(call)
        try:
            return running.result(ms / 1000)
        except TimeoutError as error:
            running.cancel()
            raise late("There was no answer in time.") from error
