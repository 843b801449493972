"""Sending a replay: batches over a few connections, each until the queue has all of it."""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import batched, chain, islice

from infra.proof import Unmeasurable
from infra.replay.api import CONNECTIONS, Posted
from infra.replay.story import Event

BATCH = 500
"""Events in a batch: the most that `POST /v1/events` takes."""

ATTEMPTS = 12
FIRST_WAIT_S = 0.25
LONGEST_WAIT_S = 8.0

type Post = Callable[[Sequence[Event]], Posted]
type Sleep = Callable[[float], None]
type Batch = tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Patience:
    """How a batch is retried: full jitter around a doubling wait.

    Attributes:
        sleep: waits that many seconds.
        jitter: gives numbers from 0 to 1.
    """

    sleep: Sleep
    jitter: Callable[[], float] = random.random

    def wait(self, attempt: int, asked_s: float | None) -> None:
        """Waits before the next attempt, at least as long as the server asked for."""
        longest_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**attempt)
        self.sleep(max(asked_s or 0.0, longest_s * self.jitter()))


def batches(events: Iterable[Event], duplicate: float) -> Iterator[Batch]:
    """The events in batches, and a share of the batches twice.

    Of the repeated ones every other comes right behind its original, so that both are under way
    at once; the rest come at the very end, cut elsewhere, so that their events are packed in
    other company.

    Args:
        events: in the order of sending.
        duplicate: the share of batches that are sent again, 0 to 1.
    """
    late: list[Batch] = []
    repeated = 0
    for number, batch in enumerate(batched(events, BATCH, strict=False), start=1):
        yield batch
        if int(number * duplicate) > repeated:
            repeated += 1
            if repeated % 2:
                yield batch
            else:
                late.append(batch)
    yield from _cut_elsewhere(chain.from_iterable(late))


def _cut_elsewhere(events: Iterator[Event]) -> Iterator[Batch]:
    if first := tuple(islice(events, BATCH // 2)):
        yield first
        yield from batched(events, BATCH, strict=False)


def send(post: Post, stream: Iterable[Batch], patience: Patience) -> Iterator[int]:
    """Sends every batch, `CONNECTIONS` at once; gives the events of each that is through.

    Raises:
        Unmeasurable: an event was rejected, or a batch found no way in.
    """
    under_way: set[Future[int]] = set()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for batch in stream:
            under_way.add(pool.submit(deliver, post, batch, patience))
            if len(under_way) >= 2 * CONNECTIONS:
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                yield from (each.result() for each in done)
        yield from (each.result() for each in under_way)


def deliver(post: Post, batch: Sequence[Event], patience: Patience) -> int:
    """Sends one batch until all of it is taken; gives its number of events.

    Raises:
        Unmeasurable: an event was rejected, or `ATTEMPTS` were not enough.
    """
    left = batch
    for attempt in range(ATTEMPTS):
        posted = post(left)
        if not posted.again:
            return len(batch)
        left = posted.again
        patience.wait(attempt, posted.after_s)
    raise Unmeasurable(f"{len(left)} events were not taken in {ATTEMPTS} attempts.")
