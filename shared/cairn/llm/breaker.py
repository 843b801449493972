"""A circuit breaker for each provider, whose state all instances share.

Closed: calls go through and are counted. Open: the provider is left alone for a while. Half
open: that while is over, and one call at a time probes it. Counters and marks are changes of
`SharedState`; times are of the wall clock, in epoch milliseconds, because instances share them.

Source: Michael Nygard, *Release It!*, "Circuit Breaker".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Final

from cairn.llm.documents import BreakerLimits, Provider
from cairn.platform.shared_state import Add, Answer, Change, Claim, Drop, Put, Read, number

BUCKETS: Final = 6
"""The window is counted in so many parts, of which the oldest falls out as a whole."""

STREAK_MS: Final = 3_600_000
MARK_MS: Final = 600_000
"""How long an open breaker is remembered after it may be probed."""


class BreakerState(StrEnum):
    """What a breaker lets through."""

    CLOSED = "closed"
    HALF_OPEN = "half_open"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Tally:
    """What a provider did in one call.

    Attributes:
        failures: attempts that failed by its fault.
        succeeded: whether its last attempt showed that it works.
        probing: whether the call was its probe.
    """

    failures: int = 0
    succeeded: bool = False
    probing: bool = False

    def failed_again(self) -> "Tally":
        """One failure more."""
        return Tally(self.failures + 1, succeeded=False, probing=self.probing)

    def worked(self) -> "Tally":
        """It showed that it works."""
        return Tally(self.failures, succeeded=True, probing=self.probing)


@dataclass(frozen=True, slots=True)
class Breaker:
    """The breaker of one provider in one workspace."""

    base: str
    limits: BreakerLimits

    @classmethod
    def of(cls, workspace: str, provider: Provider, limits: BreakerLimits) -> "Breaker":
        """The breaker of this address and model: with another one it starts anew."""
        parts = f"{provider.id} {provider.base_url} {provider.model}"
        digest = blake2b(parts.encode(), digest_size=8).hexdigest()
        return cls(f"{{{workspace}}}:breaker:{digest}", limits)

    def look(self) -> Change:
        """What must be read before a call."""
        return Read(f"{self.base}:open")

    def standing(self, mark: Answer, now_ms: int) -> BreakerState:
        """What the mark that was read means now."""
        if mark is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now_ms < number(mark) else BreakerState.HALF_OPEN

    def probe(self) -> Change:
        """Asks to be the one that probes; answers None where that is granted."""
        return Claim(f"{self.base}:probe", b"1", self.limits.open_s * 1000)

    def report(self, tally: Tally, now_ms: int) -> list[Change]:
        """What a call leaves behind; its answers go to `conclude`."""
        if tally.failures and not tally.succeeded:
            return self._failures(tally.failures, now_ms)
        if not tally.succeeded:
            return []
        probes = [Add(f"{self.base}:probes", 1, STREAK_MS)] if tally.probing else []
        return [
            *probes,
            *self._counted(tally.failures + 1, tally.failures, now_ms),
            Drop(f"{self.base}:streak"),
        ]

    def conclude(self, tally: Tally, answers: Sequence[Answer], now_ms: int) -> list[Change]:
        """What follows from it: the breaker opens, closes, or lets the next one probe."""
        free = self.release(tally)
        if tally.failures and not tally.succeeded:
            return [*free, *(self._opened(now_ms) if self._trips(tally, answers) else [])]
        if tally.succeeded and tally.probing and number(answers[0]) >= self.limits.probes:
            return [*free, *self._closed(now_ms)]
        return free

    def release(self, tally: Tally) -> list[Change]:
        """Lets the next one probe, where the call was the probe."""
        return [Drop(f"{self.base}:probe")] if tally.probing else []

    def _failures(self, failures: int, now_ms: int) -> list[Change]:
        earlier = self._buckets(now_ms)[1:]
        return [
            Add(f"{self.base}:streak", failures, STREAK_MS),
            *self._counted(failures, failures, now_ms),
            *(Read(f"{self.base}:calls:{each}") for each in earlier),
            *(Read(f"{self.base}:failures:{each}") for each in earlier),
        ]

    def _trips(self, tally: Tally, answers: Sequence[Answer]) -> bool:
        streak, calls, failures, *earlier = map(number, answers)
        calls += sum(earlier[: BUCKETS - 1])
        failures += sum(earlier[BUCKETS - 1 :])
        often = calls >= self.limits.calls and failures >= self.limits.error_rate * calls
        return tally.probing or often or streak >= self.limits.consecutive

    def _counted(self, calls: int, failures: int, now_ms: int) -> list[Change]:
        bucket, kept_ms = self._buckets(now_ms)[0], self.limits.window_s * 2_000
        changes: list[Change] = [Add(f"{self.base}:calls:{bucket}", calls, kept_ms)]
        if failures:
            changes.append(Add(f"{self.base}:failures:{bucket}", failures, kept_ms))
        return changes

    def _opened(self, now_ms: int) -> list[Change]:
        open_ms = self.limits.open_s * 1000
        until = str(now_ms + open_ms).encode()
        return [Put(f"{self.base}:open", until, open_ms + MARK_MS), Drop(f"{self.base}:probes")]

    def _closed(self, now_ms: int) -> list[Change]:
        names = ["open", "probes", "streak"]
        for each in self._buckets(now_ms):
            names += [f"calls:{each}", f"failures:{each}"]
        return [Drop(f"{self.base}:{name}") for name in names]

    def _buckets(self, now_ms: int) -> list[int]:
        newest = now_ms * BUCKETS // (self.limits.window_s * 1000)
        return [newest - age for age in range(BUCKETS)]
