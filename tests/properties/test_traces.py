"""Traces, whatever comes: the wire format against the official library, trees, fragments."""

from contextlib import suppress
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import (
    ResourceSpans,
    ScopeSpans,
    Status,
    TracesData,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Message

from cairn.platform.errors import InvalidRequest
from cairn.platform.observability.span import Span, SpanKind
from cairn.traces.fragments import fragments, packed, unique, unpacked
from cairn.traces.otlp_json import spans_in as spans_in_json
from cairn.traces.otlp_protobuf import spans_in
from cairn.traces.tree import tree_of
from tests.spans import TRACE, span

WHOLE = st.integers(-(2**63), 2**63 - 1)
NANOS = st.integers(0, 2**64 - 1)
PARTS = st.floats(allow_nan=False)
KINDS: list[SpanKind] = ["internal", "server", "client"]
TEXTS = st.text(max_size=20)

VALUES = st.recursive(
    st.one_of(
        st.builds(lambda value: AnyValue(string_value=value), TEXTS),
        st.builds(lambda value: AnyValue(bool_value=value), st.booleans()),
        st.builds(lambda value: AnyValue(int_value=value), WHOLE),
        st.builds(lambda value: AnyValue(double_value=value), PARTS),
        st.builds(lambda value: AnyValue(bytes_value=value), st.binary(max_size=20)),
        st.just(AnyValue()),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(
            lambda found: AnyValue(array_value=ArrayValue(values=found))
        ),
        st.dictionaries(TEXTS, inner, max_size=4).map(
            lambda found: AnyValue(
                kvlist_value=KeyValueList(
                    values=[KeyValue(key=key, value=value) for key, value in found.items()]
                )
            )
        ),
    ),
    max_leaves=8,
)
ATTRIBUTES = st.lists(st.builds(KeyValue, key=TEXTS, value=VALUES), max_size=4)
MESSAGES = st.builds(
    Message,
    trace_id=st.binary(max_size=20),
    span_id=st.binary(max_size=10),
    parent_span_id=st.binary(max_size=10),
    trace_state=TEXTS,
    flags=st.integers(0, 2**32 - 1),
    name=TEXTS,
    kind=st.integers(0, 5),
    start_time_unix_nano=NANOS,
    end_time_unix_nano=NANOS,
    attributes=ATTRIBUTES,
    dropped_attributes_count=st.integers(0, 2**32 - 1),
    events=st.lists(
        st.builds(Message.Event, time_unix_nano=NANOS, name=TEXTS, attributes=ATTRIBUTES),
        max_size=3,
    ),
    links=st.lists(st.builds(Message.Link, trace_id=st.binary(max_size=20)), max_size=2),
    status=st.builds(Status, message=TEXTS, code=st.integers(0, 2)),
)


def native(value: AnyValue) -> object:
    """A value as the official library reads it."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [native(each) for each in value.array_value.values]
    if kind == "kvlist_value":
        return {each.key: native(each.value) for each in value.kvlist_value.values}
    return getattr(value, kind) if kind else None


def pairs(attributes: object) -> list[tuple[str, object]]:
    return [(each.key, native(each.value)) for each in attributes]  # type: ignore[attr-defined]


@given(MESSAGES)
def test_a_span_is_read_as_the_official_library_reads_it(message: Message) -> None:
    scope = ScopeSpans(spans=[message])
    body = TracesData(resource_spans=[ResourceSpans(scope_spans=[scope])]).SerializeToString()
    (read,) = spans_in(body)
    assert read is not None
    assert (read.trace_id, read.span_id) == (message.trace_id.hex(), message.span_id.hex())
    assert read.parent_id == message.parent_span_id.hex()
    assert (read.name, read.kind) == (message.name, message.kind)
    assert read.start_ns == message.start_time_unix_nano
    assert read.end_ns == message.end_time_unix_nano
    assert (read.status, read.message) == (message.status.code, message.status.message)
    assert list(read.attributes) == pairs(message.attributes)
    assert [(each.at_ns, each.name, list(each.attributes)) for each in read.events] == [
        (each.time_unix_nano, each.name, pairs(each.attributes)) for each in message.events
    ]


@given(st.binary(max_size=200))
def test_any_bytes_are_spans_or_refused(body: bytes) -> None:
    for read in (spans_in, spans_in_json):
        with suppress(InvalidRequest):
            assert all(each is None or each.name is not None for each in read(body))


@st.composite
def traces(draw: st.DrawFn) -> list[Span]:
    """Spans of one trace, each with any of the others, or an unknown one, as its parent."""
    count = draw(st.integers(1, 25))
    spans = []
    for number in range(1, count + 1):
        start = draw(st.integers(0, 50))
        end = start + draw(st.integers(0, 50))
        parent = draw(st.integers(0, count + 2))
        kind = draw(st.sampled_from(KINDS))
        spans.append(span(number, start, end, parent, kind=kind))
    return spans


@given(traces())
def test_a_tree_has_every_span_once_below_its_parent(spans: list[Span]) -> None:
    nodes = tree_of(unique(spans)).nodes
    assert sorted(node.span.span_id for node in nodes) == sorted(each.span_id for each in spans)
    way: list[str] = []
    for node in nodes:
        del way[node.depth :]
        assert len(way) == node.depth
        if node.depth:
            assert node.span.parent_id == way[-1]
        else:
            assert node.orphan == (node.span.parent_id is not None)
        way.append(node.span.span_id)
        assert 0 <= node.self_ns <= node.span.end_ns - node.span.start_ns


@given(traces())
def test_the_critical_path_fills_the_first_span_without_gap_or_overlap(spans: list[Span]) -> None:
    tree = tree_of(unique(spans))
    first = tree.nodes[0].span
    at = first.start_ns
    by_id = {each.span_id: each for each in spans}
    for section in tree.critical_path:
        assert section.start_ns == at < section.end_ns
        own = by_id[section.span_id]
        assert own.start_ns <= section.start_ns <= section.end_ns <= own.end_ns
        at = section.end_ns
    assert at == first.end_ns


@given(traces(), st.randoms())
def test_fragments_are_the_same_in_whatever_order_spans_come(
    spans: list[Span], random: Random
) -> None:
    before = [packed(each.spans) for each in fragments(spans)]
    shuffled = list(spans)
    random.shuffle(shuffled)
    assert [packed(each.spans) for each in fragments(shuffled)] == before
    read = [each for found in before for each in unpacked(TRACE, found.body)]
    assert unique(read) == unique(spans)


@given(traces())
def test_each_fragment_has_at_most_one_row_and_each_entering_span_one(spans: list[Span]) -> None:
    rows = [each.row for each in fragments(spans) if each.row]
    entering = [each for each in spans if each.parent_id is None or each.kind == "server"]
    assert sorted(row.span_id for row in rows) == sorted(each.span_id for each in entering)
