"""Lists of traces: newest first, filtered, a page at a time, in a bounded number of queries.

Rows lie in partitions of an hour. A page reads hour by hour backwards until it is full, or until it
has made `QUERIES` queries; then its cursor says where the next one goes on, and everything before
was looked at.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Annotated, Final, Protocol

from pydantic import AwareDatetime, StringConstraints
from pydantic_core import to_json

from cairn.platform.errors import InvalidRequest, Violation
from cairn.platform.observability.span import SpanStatus
from cairn.traces.model import TRACE_PATTERN, TraceRow

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Nothing begins before it: OTLP counts from there."""

HOUR: Final = timedelta(hours=1)
DEFAULT_SPAN: Final = HOUR
LONGEST_SPAN: Final = timedelta(days=7)

DEFAULT_LIMIT: Final = 50
LONGEST_LIST: Final = 100

QUERIES: Final = 24
"""Queries that one page may take."""

ROWS: Final = 500
"""Rows that one query looks at, where not all of them are looked for."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What is looked for; None admits everything."""

    status: SpanStatus | None = None
    min_duration_ms: float | None = None
    max_duration_ms: float | None = None
    flow: str | None = None
    source: str | None = None
    min_cost_usd: float | None = None
    model: str | None = None
    service: str | None = None

    def admits(self, row: TraceRow) -> bool:
        """Whether a row is what is looked for."""
        equal = (
            (self.status, row.status),
            (self.flow, row.flow),
            (self.source, row.source),
            (self.model, row.model),
            (self.service, row.service),
        )
        least = ((self.min_duration_ms, row.duration_ms), (self.min_cost_usd, row.cost_usd))
        longest = self.max_duration_ms
        return (
            all(wanted is None or wanted == found for wanted, found in equal)
            and all(wanted is None or found >= wanted for wanted, found in least)
            and (longest is None or row.duration_ms <= longest)
        )


EVERYTHING: Final = Filter()


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asks to have listed.

    Attributes:
        start: the earliest start; an hour before `end` if not given.
        end: the latest start; the present if not given.
    """

    workspace: str
    filter: Filter
    start: datetime | None
    end: datetime | None

    @property
    def digest(self) -> str:
        """The same for the same question: what a cursor is bound to."""
        return blake2b(to_json(asdict(self)), digest_size=12).hexdigest()


@dataclass(frozen=True, slots=True)
class RowKey:
    """Where a row stands in its hour: after everything that began later.

    Attributes:
        listed_at: when it began, as a sort key.
        sk: its place within its trace.
    """

    listed_at: Annotated[str, StringConstraints(pattern=r"^[0-9]{16}$")]
    trace_id: Annotated[str, StringConstraints(pattern=TRACE_PATTERN)]
    sk: Annotated[str, StringConstraints(pattern=r"^[0-9a-f#]{33}$")]


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page begins.

    Attributes:
        start: the earliest start that is looked for.
        end: the latest.
        hour: the hour to begin with.
        after: the last row of that hour that was looked at.
    """

    start: AwareDatetime
    end: AwareDatetime
    hour: AwareDatetime
    after: RowKey | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """Rows of one query, newest first.

    Attributes:
        rows: each with its key.
        following: the last key that was looked at; None at the end of the hour.
    """

    rows: Sequence[tuple[RowKey, TraceRow]]
    following: RowKey | None


class Rows(Protocol):
    """Rows by the hour in which they began."""

    def rows(self, workspace: str, position: Position, limit: int) -> Listed:
        """One query: rows of the position's hour, after its key, between its start and end.

        Raises:
            StoreUnavailable: the rows cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """A page.

    Attributes:
        searched_from: everything since then was looked at.
        following: where the next page begins; None at the end.
        queries: how many it took.
    """

    rows: tuple[TraceRow, ...]
    searched_from: datetime
    following: Position | None
    queries: int


def first_position(question: Question, now: datetime) -> Position:
    """Where the first page begins.

    Raises:
        InvalidRequest: the time that was asked for is empty, or longer than `LONGEST_SPAN`.
    """
    try:
        end = (question.end or now).astimezone(UTC)
        start = (question.start or end - DEFAULT_SPAN).astimezone(UTC)
    except OverflowError as error:  # an end of the calendar
        raise _impossible() from error
    if not timedelta() <= end - start <= LONGEST_SPAN:
        raise _impossible()
    start, end = max(start, EPOCH), max(end, EPOCH)
    return Position(start=start, end=end, hour=hour_of(end))


def page(rows: Rows, question: Question, position: Position, limit: int) -> Found:
    """At most `limit` rows from `position` on, in at most `QUERIES` queries."""
    found: list[TraceRow] = []
    first = hour_of(position.start)
    for queries in range(1, QUERIES + 1):
        most = ROWS if question.filter != EVERYTHING else limit - len(found)
        listed = rows.rows(question.workspace, position, most)
        for key, row in listed.rows:
            if question.filter.admits(row):
                found.append(row)
            if len(found) == limit:
                stopped = replace(position, after=key)
                return Found(tuple(found), row.start, stopped, queries)
        if listed.following is None and position.hour <= first:
            return Found(tuple(found), position.start, None, queries)
        position = _onward(position, listed.following)
    return Found(tuple(found), _searched(position), position, QUERIES)


def hour_of(at: datetime) -> datetime:
    """The hour in which an instant lies, in UTC."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _onward(position: Position, following: RowKey | None) -> Position:
    hour = position.hour if following else position.hour - HOUR
    return replace(position, hour=hour, after=following)


def _impossible() -> InvalidRequest:
    detail = f"`from` must be before `to`, by at most {LONGEST_SPAN.days} days."
    return unreadable("from", "traces.span_invalid", detail)


def _searched(position: Position) -> datetime:
    if position.after is None:
        return max(position.start, position.hour + HOUR)
    return datetime.fromtimestamp(int(position.after.listed_at) / 1e6, UTC)


def unreadable(parameter: str, code: str, detail: str) -> InvalidRequest:
    """A parameter that cannot be taken."""
    violation = Violation(f"/query/{parameter}", code, detail)
    return InvalidRequest(detail, code=code, violations=[violation])
