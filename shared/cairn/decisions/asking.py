"""A request for a decision, as it goes through the house."""

from datetime import datetime, timedelta
from typing import NamedTuple

from cairn.decisions.model import DecisionRequest
from cairn.decisions.sessions import SessionAsked
from cairn.platform.clock import Deadline
from cairn.platform.idempotency import Repeatable


class Asking(NamedTuple):
    """What stands fixed from the first moment of a request.

    Attributes:
        decision_id: of the decision, should one be made.
        now: the present, once for everything.
        deadline: until when there must be an answer.
        started_s: the tick at which the request came.
        repeatable: set where it came with an Idempotency-Key.
        skew: our time less that of the clock that dated its events; None where it is not known.
    """

    workspace: str
    decision_id: str
    trace_id: str
    now: datetime
    deadline: Deadline
    started_s: float
    session: SessionAsked
    request: DecisionRequest
    repeatable: Repeatable | None = None
    skew: timedelta | None = None

    @property
    def elapsed_ms(self) -> float:
        """Milliseconds since the request came."""
        return round((self.deadline.tick() - self.started_s) * 1000, 3)
