"""Traces beyond their days: archived an hour at a time, in parts.

An hour is written in numbered parts, in the order of its traces' ids, and the last id of each part
is told once the part is there. So whoever comes next goes on where the last one stopped, a part
that was written but not told is written once more over itself, and whoever looks for a trace knows
its part.

A trace is archived with every hour in which it entered a service. What comes when its hour is
archived can still be read for its days, but not from the archive.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from cairn.platform.clock import Deadline
from cairn.traces.fragments import archived
from cairn.traces.listing import HOUR, Listed, Position
from cairn.traces.model import Parts, StoredTrace

PART_TRACES: Final = 200
PART_BYTES: Final = 4_000_000
"""What a part holds, as lines of JSON; it ends with the trace that reaches either."""

ROWS: Final = 1_000


class Traces(Protocol):
    """Traces that are still in their table."""

    def rows(self, workspace: str, position: Position, limit: int) -> Listed:
        """See `Rows.rows`."""
        ...

    def read(self, workspace: str, trace_id: str, now: datetime) -> StoredTrace:
        """What is kept of a trace."""
        ...


class Shelf(Protocol):
    """Where archived traces are put."""

    def parts(self, workspace: str, hour: datetime) -> Parts:
        """The parts of an hour that were told of."""
        ...

    def put(self, workspace: str, hour: datetime, number: int, lines: Sequence[bytes]) -> None:
        """Puts a part, over one of the same number."""
        ...

    def tell(self, workspace: str, hour: datetime, parts: Parts) -> None:
        """Says which parts an hour has."""
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """What was archived of an hour.

    Attributes:
        traces: how many.
        whole: whether nothing of the hour is left.
    """

    traces: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Archivist:
    """Archives hours."""

    traces: Traces
    shelf: Shelf

    def archive(self, workspace: str, hour: datetime, now: datetime, share: Deadline) -> Written:
        """Archives what is left of an hour, as far as the time goes; at least one trace.

        Raises:
            StoreUnavailable: table or archive refuse; what is told stays done.
        """
        parts = self.shelf.parts(workspace, hour)
        ids = deque(sorted(each for each in self._ids(workspace, hour) if each > parts.end))
        traces = 0
        while ids:
            end, lines = self._part(workspace, ids, now, share)
            if lines:
                self.shelf.put(workspace, hour, parts.following, lines)
                parts = parts.and_one_to(end)
                self.shelf.tell(workspace, hour, parts)
                traces += len(lines)
            if share.left_ms() <= 0:
                break
        return Written(traces, whole=not ids)

    def _part(
        self, workspace: str, ids: deque[str], now: datetime, share: Deadline
    ) -> tuple[str, list[bytes]]:
        """Takes the ids of the next part; gives the last of them, and the traces as lines."""
        lines: list[bytes] = []
        size = 0
        while True:
            end = ids.popleft()
            stored = self.traces.read(workspace, end, now)
            if stored.spans:
                lines.append(archived(end, stored))
                size += len(lines[-1])
            full = len(lines) == PART_TRACES or size >= PART_BYTES
            if full or not ids or share.left_ms() <= 0:
                return end, lines

    def _ids(self, workspace: str, hour: datetime) -> set[str]:
        return {key.trace_id for listed in self._pages(workspace, hour) for key, _ in listed.rows}

    def _pages(self, workspace: str, hour: datetime) -> Iterator[Listed]:
        position: Position | None = Position(hour, hour + HOUR, hour)
        while position is not None:
            listed = self.traces.rows(workspace, position, ROWS)
            yield listed
            after = listed.following
            position = Position(hour, hour + HOUR, hour, after) if after else None
