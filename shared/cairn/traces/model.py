"""The words of traces: what lists say of one, what is kept of it, and where it is archived."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cairn.platform.observability.span import Span, SpanStatus

SCHEMA: Final = 1

TRACE_PATTERN: Final = r"^[0-9a-f]{32}$"

FLOW: Final = "cairn.flow"
SOURCE: Final = "cairn.source"
COST_USD: Final = "cairn.cost_usd"
"""Attributes of ours that lists filter by."""

REQUEST_MODEL: Final = "gen_ai.request.model"
RESPONSE_MODEL: Final = "gen_ai.response.model"
"""Those of OpenTelemetry's semantic conventions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceRow:
    """A trace where it entered a service, as lists show it.

    Attributes:
        span_id: the span that entered: a root, or one whose parent is in another service.
        root: whether the trace begins with it.
        start: when it began.
        status: `error` if it failed.
        flow: of the decision within, if any.
        source: where that decision came from.
        model: the first model that was asked.
        cost_usd: of all models that were asked.
    """

    trace_id: str
    span_id: str
    root: bool
    name: str
    service: str
    start: datetime
    duration_ms: float
    status: SpanStatus
    flow: str | None = None
    source: str | None = None
    model: str | None = None
    cost_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Fragment:
    """Spans of a trace that are kept together.

    Attributes:
        spans: in the order of their start.
        row: what lists say of it; None where it has no span that entered a service.
    """

    trace_id: str
    spans: tuple[Span, ...]
    row: TraceRow | None


@dataclass(frozen=True, slots=True)
class StoredTrace:
    """What was read of a trace.

    Attributes:
        spans: each once, in the order of their start.
        complete: whether these are all that are kept.
        queries: calls that it took.
    """

    spans: tuple[Span, ...]
    complete: bool
    queries: int


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts in which an hour is archived, in the order of their traces' ids.

    Attributes:
        ends: the last id of each.
    """

    ends: tuple[str, ...] = ()

    @property
    def end(self) -> str:
        """The last id of all; empty where there is no part yet."""
        return self.ends[-1] if self.ends else ""

    @property
    def following(self) -> int:
        """The number of the next part; the first one is 1."""
        return len(self.ends) + 1

    def and_one_to(self, end: str) -> "Parts":
        """These and the next part, which ends with this id."""
        return Parts((*self.ends, end))

    def holding(self, trace_id: str) -> int | None:
        """The number of the part in which a trace lies if it was archived."""
        place = bisect_left(self.ends, trace_id)
        return place + 1 if place < len(self.ends) else None


@dataclass(frozen=True, slots=True)
class Bookmark:
    """How far the archive of a workspace is.

    Attributes:
        hour: the first hour that is not wholly archived.
        turned_at: when the workspace last had a turn.
    """

    hour: datetime
    turned_at: datetime
