"""Traces to AWS X-Ray: the root as a segment, every other span as a subsegment of its own.

Imported only where X-Ray is on, because the SDK is heavy. The SDK's emitter hands each document to
the daemon, which Lambda runs beside a function with active tracing; W3C trace ids are X-Ray's in
another spelling.
"""

import re
from collections.abc import Sequence
from typing import Final

from aws_xray_sdk.core.emitters.udp_emitter import UDPEmitter  # type: ignore[import-untyped]  # it has no types
from aws_xray_sdk.core.models.entity import Entity  # type: ignore[import-untyped]  # it has no types
from aws_xray_sdk.core.models.segment import Segment  # type: ignore[import-untyped]  # it has no types
from aws_xray_sdk.core.models.subsegment import Subsegment  # type: ignore[import-untyped]  # it has no types

from cairn.platform.observability.span import Span, SpanValue

NAME_CHARS: Final = 200
ANNOTATION_CHARS: Final = 200
"""Longer values cannot be searched for, and are told beside."""

NAMESPACE: Final = "cairn"
METHOD: Final = "http.request.method"
STATUS: Final = "http.response.status_code"

_FORBIDDEN: Final = re.compile(r"[^\w\s.:/%&#=+\\\-@]")
"""What no name in X-Ray may have; see "X-Ray segment documents"."""

_NO_WORD: Final = re.compile(r"\W")


class XRaySink:
    """See `TraceSink`; datagrams, of which nobody learns whether they arrived."""

    def __init__(self) -> None:
        self._emitter = UDPEmitter()

    def write(self, spans: Sequence[Span], within_ms: float) -> None:  # noqa: ARG002  # a datagram does not wait
        """Sends the spans, one datagram each."""
        root, *parts = spans
        segment = segment_of(root)
        self._emitter.send_entity(segment)
        for part in parts:
            self._emitter.send_entity(subsegment_of(part, segment))


def segment_of(root: Span) -> Segment:
    """The segment of a service for one request."""
    segment = Segment(
        _name(root.service),
        entityid=root.span_id,
        traceid=_trace_id(root.trace_id),
        parent_id=root.parent_id,
    )
    segment.put_annotation("operation", root.name)
    segment.put_http_meta("method", root.attributes.get(METHOD))
    segment.put_http_meta("status", root.attributes.get(STATUS))
    return _ended(segment, root)


def subsegment_of(span: Span, segment: Segment) -> Subsegment:
    """A part, sent apart from its segment and found by its parent's id."""
    namespace = "remote" if span.kind in {"client", "producer"} else "local"
    subsegment = Subsegment(_name(span.name), namespace, segment)
    subsegment.id = span.span_id
    subsegment.parent_id = span.parent_id
    return _ended(subsegment, span)


def _ended[Made: Entity](entity: Made, span: Span) -> Made:
    entity.start_time = span.start_ns / 1e9
    for name, value in span.attributes.items():
        plain = _plain(value)
        if name.startswith("gen_ai.") and len(str(plain)) <= ANNOTATION_CHARS:
            entity.put_annotation(_NO_WORD.sub("_", name), plain)
        else:
            entity.put_metadata(name, plain, NAMESPACE)
    if span.status == "error":
        entity.add_fault_flag()
    entity.close(span.end_ns / 1e9)
    return entity


def _plain(value: SpanValue) -> str | bool | int | float:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else value


def _name(name: str) -> str:
    return _FORBIDDEN.sub("", name)[:NAME_CHARS]


def _trace_id(trace_id: str) -> str:
    return f"1-{trace_id[:8]}-{trace_id[8:]}"
