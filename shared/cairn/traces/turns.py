"""Who is archived when: each workspace in its turn, so that no crowded one holds up the others.

The one that is furthest behind comes first, each has its share of the time, and what the others
leave of theirs goes to those that were cut short. An hour is due a day before its traces expire:
so long may runs fail, or not suffice, until something is missed. What fails in one workspace stops
no other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from cairn.platform.clock import Deadline
from cairn.platform.rounds import Round
from cairn.traces.archive import Written
from cairn.traces.listing import HOUR, hour_of
from cairn.traces.model import Bookmark

AHEAD: Final = timedelta(days=1)
"""So long before its traces expire an hour is archived."""

RESERVE_MS: Final = 20_000
"""Time that is left for writing the last part, and telling of it."""


class Bookmarks(Protocol):
    """Where it is kept how far workspaces are."""

    def bookmark(self, workspace: str) -> Bookmark | None:
        """How far a workspace is; None before its first turn."""
        ...

    def mark(self, workspace: str, bookmark: Bookmark) -> None:
        """Says how far it is."""
        ...


class Hours(Protocol):
    """Archives hours."""

    def archive(self, workspace: str, hour: datetime, now: datetime, share: Deadline) -> Written:
        """See `Archivist.archive`."""
        ...


@dataclass(slots=True)
class Archived(Round):
    """What a run did.

    Attributes:
        hours: workspaces' hours that were finished.
        traces: traces that were written.
        missed: workspaces' hours that expired before they were archived.
    """

    hours: int = 0
    traces: int = 0
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Turns:
    """Archives what is due.

    Attributes:
        kept: how long traces stay in their table.
    """

    hours: Hours
    bookmarks: Bookmarks
    kept: timedelta

    def run(self, workspaces: Iterable[str], now: datetime, deadline: Deadline) -> Archived:
        """Archives the due hours of all workspaces, as far as the time goes."""
        run = _Run(self, now, deadline, latest(now, self.kept))
        waiting = run.behind(workspaces)
        while waiting and run.left_ms > 0:
            waiting = run.round(waiting)
        run.done.unfinished = len(waiting)
        return run.done


@dataclass(frozen=True, slots=True)
class _Turn:
    """A workspace that has hours to be archived, and how far it is."""

    workspace: str
    since: Bookmark

    @property
    def rank(self) -> tuple[datetime, datetime, str]:
        """Who is furthest behind comes first; of several, who waits longest."""
        return self.since.hour, self.since.turned_at, self.workspace


@dataclass(frozen=True, slots=True)
class _Run:
    """One run over all workspaces.

    Attributes:
        latest: the latest hour that is due.
    """

    turns: Turns
    now: datetime
    deadline: Deadline
    latest: datetime
    done: Archived = field(default_factory=Archived)

    @property
    def alive(self) -> datetime:
        """The first hour of which anything is still kept."""
        return hour_of(self.now - self.turns.kept)

    @property
    def left_ms(self) -> float:
        """The time that is left for archiving."""
        return self.deadline.left_ms(RESERVE_MS)

    def behind(self, workspaces: Iterable[str]) -> list[_Turn]:
        """Those that have hours to be archived, in the order of their turns."""
        found: list[_Turn] = []
        for workspace in workspaces:
            with self.done.containing(workspace):
                known = self.turns.bookmarks.bookmark(workspace)
                since = known or Bookmark(self.alive, self.now - self.turns.kept)
                if since.hour <= self.latest:
                    found.append(_Turn(workspace, since))
        return sorted(found, key=lambda each: each.rank)

    def round(self, waiting: Sequence[_Turn]) -> list[_Turn]:
        """A turn for each; gives those that were cut short, or had none."""
        cut: list[_Turn] = []
        had = 0
        for had, turn in enumerate(self.done.each(waiting, self.deadline, RESERVE_MS), 1):
            share_ms = self.left_ms / (len(waiting) - had + 1)
            with self.done.containing(turn.workspace):
                bookmark = self._turned(turn, Deadline.within(share_ms, self.deadline.tick))
                self.turns.bookmarks.mark(turn.workspace, bookmark)
                if bookmark.hour <= self.latest:
                    cut.append(_Turn(turn.workspace, bookmark))
        return [*cut, *waiting[had:]]

    def _turned(self, turn: _Turn, share: Deadline) -> Bookmark:
        """Archives a workspace's hours for its share of the time; gives how far that went."""
        hour = max(turn.since.hour, self.alive)
        self.done.missed += (hour - turn.since.hour) // HOUR
        while hour <= self.latest:
            written = self.turns.hours.archive(turn.workspace, hour, self.now, share)
            self.done.traces += written.traces
            if not written.whole:
                break
            self.done.hours += 1
            hour += HOUR
            if share.left_ms() <= 0:
                break
        return Bookmark(hour, self.now)


def latest(now: datetime, kept: timedelta) -> datetime:
    """The latest hour that is due: it is over, and expires in `AHEAD`."""
    return hour_of(now - (kept - AHEAD)) - HOUR
