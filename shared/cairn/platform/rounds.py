"""A round over all workspaces, as schedules make them: turns, a deadline, failures that stay alone.

What fails in one workspace is named, and stops no other. Whom the time does not suffice for waits
for the next round, which begins with another one.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cairn.platform.clock import Deadline
from cairn.platform.errors import CairnError, Conflict


@dataclass(slots=True)
class Round:
    """What a round did.

    Attributes:
        turns: workspaces that had their turn.
        unfinished: workspaces that the time did not suffice for.
        failures: what went wrong, each as `<where>: <code>`.
        errors: the same, where it was an exception.
    """

    turns: int = 0
    unfinished: int = 0
    failures: list[str] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)

    def each[Turn](
        self, waiting: Sequence[Turn], deadline: Deadline, reserve_ms: float
    ) -> Iterator[Turn]:
        """Who waits, one after the other, as long as more than a reserve of the time is left.

        Args:
            waiting: workspaces, or what stands for their turns.
            deadline: the round's.
            reserve_ms: kept of the deadline for whose turn it is, and for what comes last.
        """
        for place, turn in enumerate(waiting):
            if not deadline.left_ms(reserve_ms):
                self.unfinished += len(waiting) - place
                return
            self.turns += 1
            yield turn

    @contextmanager
    def containing(self, where: str) -> Iterator[None]:
        """Keeps a failure from spreading; a conflict means that another round does the same.

        Args:
            where: `<workspace>`, or `<workspace>/<what>` of it.
        """
        try:
            yield
        except Conflict:
            return
        except Exception as error:  # noqa: BLE001  # what fails here must not stop the others
            self.fail(where, error)

    def fail(self, where: str, error: Exception) -> None:
        """Notes a failure."""
        code = error.code if isinstance(error, CairnError) else type(error).__name__
        self.failures.append(f"{where}: {code}")
        self.errors.append(error)


def in_turn(workspaces: Sequence[str], now: datetime, every: timedelta) -> Sequence[str]:
    """The workspaces, from another one on in each period of `every`."""
    if not workspaces:
        return workspaces
    first = int(now.timestamp() // every.total_seconds()) % len(workspaces)
    return (*workspaces[first:], *workspaces[:first])
