"""What a dead letter is, and whether there is any use in sending it back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import ValidationError

from cairn.events.model import Parcel
from cairn.explanations.model import NarrativeOrder
from infra.stores import Queue

ATTEMPTS_SPENT: Final = "attempts_spent"
"""The reason of what SQS itself put aside, after its last attempt."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One message of a dead-letter queue.

    Attributes:
        id: the queue's own id of it.
        receipt: names this delivery of it.
        body: as it was sent; never shown, since anything may be in it.
        group: the message group that it was sent to at first; None on a standard queue.
        reason: why it is dead.
        sent_at: when it was sent at first.
        alone: whether nothing waits behind it.
    """

    id: str
    receipt: str
    body: str
    group: str | None
    reason: str
    sent_at: datetime
    alone: bool = True

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return len(self.body.encode())


class Fate(StrEnum):
    """What becomes of a letter."""

    SENT_BACK = "sent back"
    REFUSED = "refused by the queue"
    HOPELESS = "stays: can never be processed"
    DROPPED = "dropped"
    WAITS = "worth a retry"
    PASSED_OVER = "stays: another reason"


type Readable = Callable[[str], bool]
"""Says whether a body can be read by the function that takes it."""


def _parcel(body: str) -> bool:
    return _valid(lambda: Parcel.model_validate_json(body))


def _order(body: str) -> bool:
    return _valid(lambda: NarrativeOrder.model_validate_json(body))


def _valid(read: Callable[[], object]) -> bool:
    try:
        read()
    except ValidationError:
        return False
    return True


READABLE: Final[dict[Queue, Readable]] = {
    Queue.EVENTS: _parcel,
    Queue.EXPLANATIONS: _order,
}
"""By the queue that letters go back to: whether today's code can read one. A parcel of a newer
schema is hopeless until that code is deployed here."""
