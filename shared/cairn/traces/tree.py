"""A trace as a tree: who is within whom, whose time it was, and what it waited for.

*Self time* is a span's duration without what its children cover; where children overlap each other
they count once, and what lies outside of the span does not count.

The *critical path* is what the root's duration is made of. It is walked backwards from the root's
end: the child that finished last before that point was waited for; its own path is walked in its
place, and the walk goes on at its start; what lies between is the span's own. So its sections fill
the root's duration without gap or overlap. (Last finishing child, as in CRISP, "Critical Path
Analysis of Large-Scale Microservice Architectures", USENIX ATC 2022, and in Jaeger; children are
cut to their parent, so that one that outlives it, or whose clock is ahead, is waited for no longer
than its parent was.)
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cairn.platform.observability.span import Span

type Children = Mapping[str, Sequence[Span]]
"""The spans directly within each, by its id, in the order of their start."""


@dataclass(frozen=True, slots=True)
class Node:
    """A span in its place.

    Attributes:
        depth: how many spans it is within.
        orphan: it names a parent that is not there.
    """

    span: Span
    depth: int
    orphan: bool
    self_ns: int


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of the critical path, and the span whose own time it was."""

    span_id: str
    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class Tree:
    """A trace as a tree.

    Attributes:
        nodes: depth first: each span is followed by what is within it.
        critical_path: in the order of time.
    """

    nodes: tuple[Node, ...]
    critical_path: tuple[Section, ...]


def tree_of(spans: Sequence[Span]) -> Tree:
    """The tree of a trace, whatever is missing of it.

    Spans whose parent is unknown stand at the top, after the roots; spans that are each other's
    parents, by mistake or malice, are cut open at the earliest.

    Args:
        spans: each once, in the order of their start.
    """
    known = {span.span_id for span in spans}
    roots = [span for span in spans if span.parent_id is None]
    orphans = [span for span in spans if span.parent_id is not None and span.parent_id not in known]
    grouped: dict[str, list[Span]] = {}
    for span in spans:
        grouped.setdefault(span.parent_id or "", []).append(span)
    children: dict[str, list[Span]] = {}
    depths: dict[str, tuple[Span, int]] = {}
    for top in [*roots, *orphans, *spans]:
        _walk(top, grouped, depths, children)
    nodes = [
        Node(span, depth, not depth and span.parent_id is not None, self_ns(span, children))
        for span, depth in depths.values()
    ]
    path = critical_path(nodes[0].span, children) if nodes else []
    return Tree(tuple(nodes), tuple(path))


def self_ns(span: Span, children: Children) -> int:
    """Nanoseconds of a span in which none of its children ran."""
    covered = 0
    reached = span.start_ns
    for child in children.get(span.span_id, ()):
        start, end = max(child.start_ns, reached), min(child.end_ns, span.end_ns)
        if end > start:
            covered += end - start
            reached = end
    return span.end_ns - span.start_ns - covered


def critical_path(root: Span, children: Children) -> list[Section]:
    """What the duration of `root` is made of, in the order of time."""
    sections: list[Section] = []
    pending = [(root, root.start_ns, root.end_ns)]
    while pending:
        span, start, cursor = pending.pop()
        for low, high, child in _last_first(children.get(span.span_id, ()), start, cursor):
            if high <= cursor:
                _add(sections, span, high, cursor)
                pending.append((child, low, high))
                cursor = low
        _add(sections, span, start, cursor)
    return sorted(sections, key=lambda each: each.start_ns)


def _walk(
    top: Span,
    grouped: Children,
    depths: dict[str, tuple[Span, int]],
    children: dict[str, list[Span]],
) -> None:
    """Walks from `top` depth first, past what was walked before."""
    pending = [(top, 0)]
    while pending:
        span, depth = pending.pop()
        if span.span_id in depths:
            continue
        depths[span.span_id] = span, depth
        if depth and span.parent_id:
            children.setdefault(span.parent_id, []).append(span)
        within = grouped.get(span.span_id, ())
        pending.extend((child, depth + 1) for child in reversed(within))


def _last_first(spans: Iterable[Span], start_ns: int, end_ns: int) -> list[tuple[int, int, Span]]:
    """Where spans begin and end within a stretch, the last to end first."""
    cut = [(max(each.start_ns, start_ns), min(each.end_ns, end_ns), each) for each in spans]
    inside = [each for each in cut if each[0] < each[1]]
    return sorted(inside, key=lambda each: (-each[1], each[0]))


def _add(sections: list[Section], span: Span, start_ns: int, end_ns: int) -> None:
    if start_ns < end_ns:
        sections.append(Section(span.span_id, start_ns, end_ns))
