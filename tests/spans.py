"""Spans to test with: numbered, in milliseconds after a known instant."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from cairn.platform.observability.span import Span, SpanKind, SpanStatus, SpanValue

TRACE: Final = "0af7651916cd43dd8448eb211c80319c"
START: Final = datetime(2026, 11, 20, 10, tzinfo=UTC)
START_NS: Final = 1_795_168_800_000_000_000
"""`START` in nanoseconds after the epoch."""


def span(  # noqa: PLR0913  # the parts of a span
    number: int,
    start_ms: float,
    end_ms: float,
    parent: int = 0,
    *,
    trace_id: str = TRACE,
    name: str = "work",
    service: str = "shop",
    kind: SpanKind = "internal",
    status: SpanStatus = "unset",
    attributes: Mapping[str, SpanValue] | None = None,
) -> Span:
    """The span `number` within `parent`; a root where that is 0."""
    return Span(
        trace_id=trace_id,
        span_id=f"{number:016x}",
        parent_id=f"{parent:016x}" if parent else None,
        name=name,
        service=service,
        kind=kind,
        start_ns=START_NS + int(start_ms * 1_000_000),
        end_ns=START_NS + int(end_ms * 1_000_000),
        status=status,
        attributes=attributes or {},
    )
