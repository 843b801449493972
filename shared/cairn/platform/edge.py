"""The edge of an HTTP function: each request gets one deadline there, and no answer outlasts it."""

from collections.abc import Callable
from typing import Final

from cairn.platform.clock import Deadline
from cairn.platform.errors import DeadlineExceeded
from cairn.platform.lanes import Lanes
from cairn.platform.observability.invocation import LambdaContext

EDGE_RESERVE_MS: Final = 200
"""What is left of the function's own time when a deadline ends: for the answer and the log."""

LANES: Final = Lanes()
"""Where requests are worked on; theirs alone, so that what hangs within one starves no other."""


def deadline_of(context: LambdaContext) -> Deadline:
    """Until when a request must be answered: the function's own time, less a reserve."""
    return Deadline.within(context.get_remaining_time_in_millis() - EDGE_RESERVE_MS)


def in_time[Answer](deadline: Deadline, call: Callable[[], Answer]) -> Answer:
    """What `call` answers, or raises, before the deadline.

    Raises:
        DeadlineExceeded: it did not end in time, but may still take effect.
    """
    return LANES.within(deadline.left_ms(), call, DeadlineExceeded)
