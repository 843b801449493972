"""A stored trace as it is shown."""

from collections import Counter
from datetime import UTC, datetime

from cairn.platform.observability.span import Span
from cairn.traces.fragments import cost_usd
from cairn.traces.model import StoredTrace
from cairn.traces.tree import Node, Section, tree_of
from cairn.traces.views import SectionView, SpanEventView, SpanView, TraceView


def waterfall(trace_id: str, stored: StoredTrace) -> TraceView:
    """The waterfall of a trace of which at least one span is kept."""
    spans = stored.spans
    tree = tree_of(spans)
    start_ns = min(span.start_ns for span in spans)
    waited: Counter[str] = Counter()
    for section in tree.critical_path:
        waited[section.span_id] += section.end_ns - section.start_ns
    return TraceView(
        trace_id=trace_id,
        start=datetime.fromtimestamp(start_ns // 1_000 / 1e6, UTC),
        duration_ms=_ms(max(span.end_ns for span in spans) - start_ns),
        span_count=len(spans),
        complete=stored.complete,
        errors=sum(span.status == "error" for span in spans),
        services=tuple(sorted({span.service for span in spans})),
        cost_usd=cost_usd(spans),
        critical_path=tuple(_section(each, start_ns) for each in tree.critical_path),
        spans=tuple(_bar(node, start_ns, waited[node.span.span_id]) for node in tree.nodes),
    )


def _bar(node: Node, start_ns: int, critical_ns: int) -> SpanView:
    span = node.span
    return SpanView(
        span_id=span.span_id,
        parent_id=span.parent_id,
        depth=node.depth,
        orphan=node.orphan,
        name=span.name,
        service=span.service,
        kind=span.kind,
        status=span.status,
        offset_ms=_ms(span.start_ns - start_ns),
        duration_ms=_ms(span.end_ns - span.start_ns),
        self_ms=_ms(node.self_ns),
        critical_ms=_ms(critical_ns),
        attributes=span.attributes,
        events=_events(span, start_ns),
    )


def _events(span: Span, start_ns: int) -> tuple[SpanEventView, ...]:
    return tuple(
        SpanEventView(
            name=each.name, offset_ms=_ms(each.at_ns - start_ns), attributes=each.attributes
        )
        for each in span.events
    )


def _section(section: Section, start_ns: int) -> SectionView:
    """Its end is the next one's offset, to the digit."""
    begins, ends = _ms(section.start_ns - start_ns), _ms(section.end_ns - start_ns)
    return SectionView(
        span_id=section.span_id, offset_ms=begins, duration_ms=round(ends - begins, 3)
    )


def _ms(ns: int) -> float:
    """Milliseconds, to the microsecond."""
    return round(ns / 1e6, 3)
