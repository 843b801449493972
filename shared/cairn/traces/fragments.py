"""Spans in fragments: what is kept together, how it is packed, and what lists say of it.

A fragment is a span that entered a service with everything below it, as far as it came along: an
invocation of ours, or the part of an exporter's batch that belongs to one request. The same spans
make the same fragments, whenever they come.
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Final

from pydantic_core import from_json, to_json

from cairn.platform.observability.span import Span, SpanEvent, SpanKind, SpanStatus, SpanValue
from cairn.traces.model import (
    COST_USD,
    FLOW,
    REQUEST_MODEL,
    RESPONSE_MODEL,
    SOURCE,
    Fragment,
    StoredTrace,
    TraceRow,
)

FRAGMENT_BYTES: Final = 300_000
"""Bytes of a fragment's spans as JSON; a single span may be larger. An item holds 400 KB."""

LEVEL: Final = 6

COSTLIEST_USD: Final = 1e9
"""What one span may tell as its cost; anything else that it tells is no cost."""

COST_DIGITS: Final = 9
"""Digits of a cost after the point."""

ENTERING: Final = frozenset({"server", "consumer"})
"""Kinds of spans whose parent is in another service."""

type _Plain = Sequence[object]
"""A span as a list of its fields."""


@dataclass(frozen=True, slots=True)
class Packed:
    """Spans as they are kept.

    Attributes:
        body: compressed JSON.
        plain_bytes: its length before compression.
        digest: 16 hex digits, the same for the same spans.
    """

    body: bytes
    plain_bytes: int
    digest: str


def fragments(spans: Iterable[Span]) -> list[Fragment]:
    """The fragments of spans of any traces."""
    by_trace: dict[str, dict[str, Span]] = {}
    for span in spans:
        _latest(by_trace.setdefault(span.trace_id, {}), span)
    return [
        fragment
        for trace_id, found in by_trace.items()
        for part in _parts(found)
        for fragment in _sized(trace_id, part)
    ]


def packed(spans: Sequence[Span]) -> Packed:
    """Spans of one trace as bytes."""
    plain = to_json([_plain(span) for span in spans])
    digest = blake2b(plain, digest_size=8).hexdigest()
    return Packed(zlib.compress(plain, LEVEL), len(plain), digest)


def unpacked(trace_id: str, body: bytes) -> list[Span]:
    """What `packed` packed."""
    return [_span(trace_id, *each) for each in from_json(zlib.decompress(body))]


def archived(trace_id: str, stored: StoredTrace) -> bytes:
    """A whole trace as one line of JSON, which begins with its id."""
    return to_json([trace_id, stored.complete, [_plain(span) for span in stored.spans]])


def unarchived(line: bytes) -> StoredTrace:
    """What `archived` wrote."""
    trace_id, complete, spans = from_json(line)
    found = tuple(_span(trace_id, *each) for each in spans)
    return StoredTrace(found, complete=complete, queries=1)


def unique(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Each span once, in the order of their start; of several with one id, what ended last."""
    latest: dict[str, Span] = {}
    for span in spans:
        _latest(latest, span)
    return tuple(sorted(latest.values(), key=_order))


def enters(span: Span) -> bool:
    """Whether a trace enters a service with this span."""
    return span.parent_id is None or span.kind in ENTERING


def cost_usd(spans: Iterable[Span]) -> float:
    """What models cost in these spans; a span's own sum counts for everything below it.

    A decision tells the cost of its calls, and each call its own: within a fragment the first
    span that tells one speaks for all.
    """
    told = [_cost(span.attributes.get(COST_USD)) for span in spans if enters(span)]
    parts = [_cost(span.attributes.get(COST_USD)) for span in spans if not enters(span)]
    return round(sum(told) or sum(parts), COST_DIGITS)


def _latest(found: dict[str, Span], span: Span) -> None:
    """Adds a span, unless one of its id ended later, or as late and was there first."""
    known = found.get(span.span_id)
    if known is None or span.end_ns > known.end_ns:
        found[span.span_id] = span


def _parts(spans: Mapping[str, Span]) -> Iterator[list[Span]]:
    """The spans by the span with which they entered; those without one together."""
    owners: dict[str, str] = {}
    parts: dict[str, list[Span]] = {}
    for span in sorted(spans.values(), key=_order):
        parts.setdefault(_owner(span, spans, owners), []).append(span)
    return iter(parts.values())


def _owner(span: Span, spans: Mapping[str, Span], owners: dict[str, str]) -> str:
    """The id of the nearest span upwards that entered a service; empty where none is known."""
    way: list[str] = []
    found: Span | None = span
    owner = ""
    while found is not None and found.span_id not in owners:
        way.append(found.span_id)
        owners[found.span_id] = ""
        if enters(found):
            owner = found.span_id
            break
        found = spans.get(found.parent_id or "")
    else:
        owner = owners[found.span_id] if found else ""
    owners.update(dict.fromkeys(way, owner))
    return owner


def _sized(trace_id: str, spans: Sequence[Span]) -> Iterator[Fragment]:
    """A part in pieces of at most `FRAGMENT_BYTES`; the first one has the row."""
    row = _row(spans)
    piece: list[Span] = []
    size = 0
    for span in spans:
        weight = len(to_json(_plain(span)))
        if piece and size + weight > FRAGMENT_BYTES:
            yield Fragment(trace_id, tuple(piece), row)
            piece, size, row = [], 0, None
        piece.append(span)
        size += weight
    yield Fragment(trace_id, tuple(piece), row)


def _row(spans: Sequence[Span]) -> TraceRow | None:
    entered = next(filter(enters, spans), None)
    if entered is None:
        return None
    by_rank = [entered, *spans]
    return TraceRow(
        trace_id=entered.trace_id,
        span_id=entered.span_id,
        root=entered.parent_id is None,
        name=entered.name,
        service=entered.service,
        start=datetime.fromtimestamp(entered.start_ns // 1_000 / 1e6, UTC),
        duration_ms=round((entered.end_ns - entered.start_ns) / 1e6, 3),
        status=entered.status,
        flow=_first(by_rank, FLOW),
        source=_first(by_rank, SOURCE),
        model=_first(by_rank, RESPONSE_MODEL) or _first(by_rank, REQUEST_MODEL),
        cost_usd=cost_usd(spans),
    )


def _first(spans: Sequence[Span], name: str) -> str | None:
    found = (span.attributes[name] for span in spans if name in span.attributes)
    return next((each for each in found if isinstance(each, str)), None)


def _cost(value: SpanValue | None) -> float:
    """A cost that can be kept and summed; nothing where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    return round(float(value), COST_DIGITS) if 0 <= value <= COSTLIEST_USD else 0.0


def _order(span: Span) -> tuple[int, str]:
    return span.start_ns, span.span_id


def _plain(span: Span) -> _Plain:
    return (
        span.span_id,
        span.parent_id,
        span.name,
        span.service,
        span.kind,
        span.start_ns,
        span.end_ns,
        span.status,
        span.attributes,
        [(each.name, each.at_ns, each.attributes) for each in span.events],
    )


def _span(  # noqa: PLR0913, PLR0917  # the fields of a span, in the order of `_plain`
    trace_id: str,
    span_id: str,
    parent_id: str | None,
    name: str,
    service: str,
    kind: SpanKind,
    start_ns: int,
    end_ns: int,
    status: SpanStatus,
    attributes: Mapping[str, object],
    events: Sequence[tuple[str, int, Mapping[str, object]]],
) -> Span:
    return Span(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=parent_id,
        name=name,
        service=service,
        kind=kind,
        start_ns=start_ns,
        end_ns=end_ns,
        status=status,
        attributes=_values(attributes),
        events=tuple(SpanEvent(each, at_ns, _values(told)) for each, at_ns, told in events),
    )


def _values(attributes: Mapping[str, object]) -> dict[str, SpanValue]:
    """Attributes as they were: JSON has lists where spans have tuples."""
    return {
        name: tuple(value) if isinstance(value, list) else value  # type: ignore[misc]  # as packed
        for name, value in attributes.items()
    }
