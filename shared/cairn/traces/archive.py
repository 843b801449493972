"""Traces beyond their days: archived an hour at a time, before the table forgets them.

A trace is archived with every hour in which it entered a service, a day before that hour expires.
What comes later than that can still be read for its days, but not from the archive. Each tick looks
at a few hours, so that a tick that was lost, or ran out of time, is made up for by the next.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final, Protocol

from cairn.platform.clock import Deadline
from cairn.traces.listing import HOUR, Listed, Position, hour_of
from cairn.traces.model import StoredTrace

AHEAD: Final = timedelta(days=1)
"""So long before its traces expire an hour is archived."""

HOURS: Final = 6
"""Hours that a tick looks at."""

PREFIX_DIGITS: Final = 2
"""Traces whose ids begin alike lie together: 256 objects an hour at most."""

ROWS: Final = 1_000
RESERVE_MS: Final = 20_000
"""Time that the traces of one object are given."""

DONE: Final = "done"
BEGINNING: Final = ""


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

    def progress(self, workspace: str, hour: datetime) -> str:
        """The prefix to go on with; `BEGINNING`, or `DONE`."""
        ...

    def mark(self, workspace: str, hour: datetime, progress: str) -> None:
        """Says how far an hour is."""
        ...

    def put(
        self, workspace: str, hour: datetime, prefix: str, traces: Mapping[str, StoredTrace]
    ) -> None:
        """Puts the traces of an hour whose ids begin with `prefix`, over any former ones."""
        ...


@dataclass(slots=True)
class Archived:
    """What a tick did.

    Attributes:
        hours: workspaces' hours that were finished.
        traces: traces that were written.
        unfinished: whether it ran out of time.
    """

    hours: int = 0
    traces: int = 0
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class Archivist:
    """Archives what is due.

    Attributes:
        kept: how long traces stay in their table.
    """

    traces: Traces
    shelf: Shelf
    kept: timedelta

    def run(self, workspaces: Iterable[str], now: datetime, deadline: Deadline) -> Archived:
        """Archives the due hours of all workspaces, as far as the time goes.

        Raises:
            StoreUnavailable: table or archive refuse; what is done stays done.
        """
        done = Archived()
        for workspace in workspaces:
            for hour in due(now, self.kept):
                if not self._archive(workspace, hour, now, deadline, done):
                    done.unfinished = True
                    return done
        return done

    def _archive(
        self, workspace: str, hour: datetime, now: datetime, deadline: Deadline, done: Archived
    ) -> bool:
        """Archives one hour; False when the time is over."""
        progress = self.shelf.progress(workspace, hour)
        if progress == DONE:
            return True
        for prefix, ids in groupby(sorted(self._ids(workspace, hour)), _prefix):
            if prefix < progress:
                continue
            if deadline.left_ms(RESERVE_MS) <= 0:
                self.shelf.mark(workspace, hour, prefix)
                return False
            traces = {each: self.traces.read(workspace, each, now) for each in ids}
            self.shelf.put(workspace, hour, prefix, traces)
            done.traces += len(traces)
        self.shelf.mark(workspace, hour, DONE)
        done.hours += 1
        return True

    def _ids(self, workspace: str, hour: datetime) -> set[str]:
        return {key.trace_id for listed in self._pages(workspace, hour) for key, _ in listed.rows}

    def _pages(self, workspace: str, hour: datetime) -> Iterator[Listed]:
        position: Position | None = Position(hour, hour + HOUR, hour)
        while position is not None:
            listed = self.traces.rows(workspace, position, ROWS)
            yield listed
            after = listed.following
            position = Position(hour, hour + HOUR, hour, after) if after else None


def due(now: datetime, kept: timedelta) -> Sequence[datetime]:
    """The hours to be archived, the oldest first: each is over, and expires in `AHEAD`."""
    latest = hour_of(now - (kept - AHEAD)) - HOUR
    return [latest - number * HOUR for number in reversed(range(HOURS))]


def _prefix(trace_id: str) -> str:
    return trace_id[:PREFIX_DIGITS]
