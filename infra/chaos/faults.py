"""What goes wrong, how often, and a count of each time that it did."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from random import Random
from typing import Final

from infra.catalog import retry_after_s
from infra.chaos.stage import Stage
from infra.inprocess.wire import refusal
from infra.stores import Queue


class Fault(StrEnum):
    """Everything that must have happened, or the proof proves nothing."""

    BATCH_TWICE = "batches sent twice"
    DEDUPLICATED = "parcels that the queue knew"
    RETRIED = "events retried in other parcels"
    ANSWER_LOST = "answers lost on their way to the client"
    QUEUE_REFUSED = "sends that the queue refused"
    BEFORE_ARCHIVE = "crashes before the archive"
    AFTER_ARCHIVE = "crashes after the archive"
    BEFORE_COMMIT = "crashes before a commit"
    AFTER_COMMIT = "crashes after a commit"
    BEFORE_BURIAL = "crashes before a burial"
    AFTER_BURIAL = "crashes after a burial"
    BEFORE_ACK = "crashes before a message is deleted"
    AFTER_ACK = "crashes after a message is deleted"
    STALLED = "commits that stalled until the parcel was handed out again"
    CONFLICT = "transactions that met another"
    STALE = "transactions that met another state"
    THROTTLED = "table calls throttled"
    REDELIVERED = "parcels delivered again"
    OTHER_COMPANY = "parcels delivered again in other company"
    REORDERED = "parcels delivered before older ones of other groups"
    GREW = "message groups added in the middle"
    DIED = "parcels dead after their last attempt"
    POISONED = "messages that are no parcel"
    REDRIVEN = "dead letters redriven"
    CACHE_AWAY = "decisions made while the cache was away"


@dataclass(frozen=True, slots=True)
class Rates:
    """How often what can be diced goes wrong, as shares from 0 to 1.

    Attributes:
        batch_twice: batches that are sent again.
        answer_lost: answers that the client never sees, so that it sends all events again.
        queue_refuses: sends to the queue.
        crash: of the fold, at each write boundary.
        slow: transactions that take `SLOW_S`, so that others meet them.
        stalled: commits that take longer than the queue waits for them.
        throttled: calls to tables, at ordinary times.
        storm: calls to tables that write, while a storm lasts.
    """

    batch_twice: float = 0.10
    answer_lost: float = 0.10
    queue_refuses: float = 0.05
    crash: float = 0.05
    slow: float = 0.10
    stalled: float = 0.02
    throttled: float = 0.02
    storm: float = 0.90


ORDINARY: Final = Rates()


class Crash(BaseException):
    """The process ends here; nothing catches it."""


_BOUNDARIES: Final = {
    "PutObject": (Fault.BEFORE_ARCHIVE, Fault.AFTER_ARCHIVE),
    "TransactWriteItems": (Fault.BEFORE_COMMIT, Fault.AFTER_COMMIT),
    "SendMessageBatch": (Fault.BEFORE_BURIAL, Fault.AFTER_BURIAL),
    "DeleteMessage": (Fault.BEFORE_ACK, Fault.AFTER_ACK),
}
"""The writes of the fold, with the crashes before and after them."""

_TABLE_CALLS: Final = frozenset({"BatchGetItem", "Query", "UpdateItem", "TransactWriteItems"})
"""How the fold reads and writes; documents are looked at, and traces kept, in other ways."""

_STAGED: Final = _TABLE_CALLS | _BOUNDARIES.keys()
"""Calls at which others may go on; of the rest, no seed says how many there are."""

SLOW_S: Final = 5.0
STALL_S: Final = 1.1 * retry_after_s(Queue.EVENTS)
"""How long a stalled commit takes."""

OVERDUE: Final = 20
"""No boundary is passed so often without a crash: luck decides how many there are, not whether."""

FOLD: Final = "fold"
"""What the names of roles begin with that may crash."""

SEND: Final = "send"
"""The same of those that the queue may refuse."""


@dataclass(slots=True)
class Weather:
    """What happens on the way to the stores; the port through which all faults come.

    Attributes:
        storm: from when to when tables refuse nearly every write.
        happened: how often each fault happened.
        passed: how often a boundary was come to, by the crash that there may be.
    """

    stage: Stage
    rng: Random
    rates: Rates
    storm: tuple[datetime, datetime]
    happened: Counter[Fault] = field(default_factory=Counter)
    passed: Counter[Fault] = field(default_factory=Counter)

    def sent(self, call: str) -> None:
        """See `Wire.sent`."""
        self._turn(call)
        self._crash(call, 0)
        self._refuse(call)
        self._stall(call)

    def prepared(self, call: str) -> None:
        """See `Wire.prepared`."""
        self._turn(call)
        if self.stage.role.startswith(FOLD) and self.chance(self.rates.slow):
            self.stage.sleep(SLOW_S)

    def answered(self, call: str) -> None:
        """See `Wire.answered`."""
        self._turn(call)
        self._crash(call, 1)

    def chance(self, share: float) -> bool:
        """Whether something happens that happens with this share."""
        return self.rng.random() < share

    def _turn(self, call: str) -> None:
        if call in _STAGED:
            self.stage.turn()

    def _crash(self, call: str, side: int) -> None:
        if not self.stage.role.startswith(FOLD) or call not in _BOUNDARIES:
            return
        fault = _BOUNDARIES[call][side]
        self.passed[fault] += 1
        if self.chance(self.rates.crash) or self._is_overdue(fault):
            self.happened[fault] += 1
            raise Crash

    def _is_overdue(self, fault: Fault) -> bool:
        """Whether a boundary was passed so often that it must be crashed at now, once."""
        passed_by_luck = self.passed[fault] >= OVERDUE and not self.happened[fault]
        return passed_by_luck and self.rates.crash > 0

    def _stall(self, call: str) -> None:
        stalls = call == "TransactWriteItems" and self.stage.role.startswith(FOLD)
        if stalls and self.chance(self.rates.stalled):
            self.happened[Fault.STALLED] += 1
            self.stage.sleep(STALL_S)

    def _refuse(self, call: str) -> None:
        role = self.stage.role
        if call == "SendMessageBatch" and role.startswith(SEND):
            if self.chance(self.rates.queue_refuses):
                self.happened[Fault.QUEUE_REFUSED] += 1
                raise refusal(call, "ServiceUnavailable", status=503)
        elif call in _TABLE_CALLS and role.startswith(FOLD) and self.chance(self._throttled(call)):
            self.happened[Fault.THROTTLED] += 1
            raise refusal(call, "ProvisionedThroughputExceededException")

    def _throttled(self, call: str) -> float:
        begins, ends = self.storm
        stormy = call == "TransactWriteItems" and begins <= self.stage.clock() < ends
        return self.rates.storm if stormy else self.rates.throttled
