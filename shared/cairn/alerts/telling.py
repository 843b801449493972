"""Tells claimed notices, several at once, under one deadline."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Final

from cairn.alerts.model import Channel
from cairn.alerts.state import AlertState, Notice
from cairn.alerts.undelivered import Told
from cairn.platform.clock import Deadline

AT_ONCE: Final = 8
"""Alerts whose notices are told side by side."""

RESERVE_MS: Final = 3_000
"""Kept of the deadline for writing down what was told."""

type Tell = Callable[[Channel, Notice], None]
"""Sends one notice over one channel, or raises."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An alert whose undelivered notices this run alone delivers."""

    workspace: str
    state: AlertState

    @property
    def name(self) -> str:
        """`<workspace>/<alert>`."""
        return f"{self.workspace}/{self.state.alert}"

    @property
    def notices(self) -> int:
        """How many notices are to be told, each channel counted."""
        return sum(len(each.channels) for each in self.state.undelivered)


@dataclass(slots=True)
class Telling:
    """What became of a claim.

    Attributes:
        told: what channels have taken.
        failures: what went wrong, one error for each channel that refused.
    """

    claim: Claim
    told: set[Told] = field(default_factory=set)
    failures: list[Exception] = field(default_factory=list)


def tell_all(claims: Sequence[Claim], tell: Tell, deadline: Deadline) -> list[Telling]:
    """Tells every claim's notices; what is not told in time stays undelivered.

    Whatever is still under way at the deadline counts as not told: it is told again later, under
    the same notice id.
    """
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="telling")
    try:
        futures = [pool.submit(_tell, claim, tell, deadline) for claim in claims]
        wait(futures, timeout=deadline.left_ms(RESERVE_MS) / 1000)
        return list(_finished(futures))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _finished(futures: Iterable[Future[Telling]]) -> Iterable[Telling]:
    return (future.result() for future in futures if future.done())


def _tell(claim: Claim, tell: Tell, deadline: Deadline) -> Telling:
    telling = Telling(claim)
    refused: set[Channel] = set()
    for pending in claim.state.undelivered:
        for channel in pending.channels:
            if channel in refused or not deadline.left_ms(RESERVE_MS):
                continue
            try:
                tell(channel, pending.notice)
            except Exception as error:  # noqa: BLE001  # one channel must not stop the others
                refused.add(channel)
                telling.failures.append(error)
            else:
                telling.told.add((pending.notice.id, channel))
    return telling
