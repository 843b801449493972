"""What is shown of traces: lists, and waterfalls."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from cairn.platform.observability.span import SpanKind, SpanStatus, SpanValue
from cairn.traces.model import TraceRow


class View(BaseModel):
    """What is shown, never changed."""

    model_config = ConfigDict(frozen=True)


class SpanEventView(View):
    """Something that happened within a span.

    Attributes:
        offset_ms: after the beginning of the trace.
    """

    name: str
    offset_ms: float
    attributes: Mapping[str, SpanValue]


class SpanView(View):
    """A bar of the waterfall.

    Attributes:
        depth: how many spans it is within.
        orphan: its parent is not there: not sent, not kept, or lost.
        offset_ms: from the beginning of the trace to that of the span.
        self_ms: its time without that of its children; where these overlap, they count once.
        critical_ms: how much of it lies on the critical path.
    """

    span_id: str
    parent_id: str | None
    depth: int
    orphan: bool
    name: str
    service: str
    kind: SpanKind
    status: SpanStatus
    offset_ms: float
    duration_ms: float
    self_ms: float
    critical_ms: float
    attributes: Mapping[str, SpanValue]
    events: tuple[SpanEventView, ...] = ()


class SectionView(View):
    """A stretch of the critical path.

    Attributes:
        span_id: what ran: nothing else could have shortened the trace then.
        offset_ms: after the beginning of the trace.
    """

    span_id: str
    offset_ms: float
    duration_ms: float


class TraceView(View):
    """A trace as a waterfall.

    Attributes:
        start: when its first span began.
        duration_ms: until its last span ended.
        span_count: spans that are shown.
        complete: whether these are all that are kept; a trace may have more than is shown.
        errors: spans that failed.
        services: everybody who took part, by name.
        cost_usd: of all models that were asked.
        critical_path: what the duration of the first root is made of, without gap or overlap.
        spans: a tree as a depth-first walk: each span is followed by what is within it, one deeper.
    """

    trace_id: str
    start: datetime
    duration_ms: float
    span_count: int
    complete: bool
    errors: int
    services: tuple[str, ...]
    cost_usd: float
    critical_path: tuple[SectionView, ...]
    spans: tuple[SpanView, ...]


class TraceList(View):
    """A page of a list.

    Attributes:
        traces: newest first.
        searched_from: everything that began since then, within the asked time, was looked at.
        next: the cursor of the next page; null at the end. A page may be empty and have one.
    """

    traces: tuple[TraceRow, ...]
    searched_from: datetime
    next: str | None
