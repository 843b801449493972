"""Trees of traces: depth, self times, the critical path, and what is missing or broken."""

from cairn.platform.observability.span import Span
from cairn.traces.model import StoredTrace
from cairn.traces.tree import Tree, tree_of
from cairn.traces.waterfall import waterfall
from tests.spans import TRACE, span


def tree(*spans: Span) -> Tree:
    return tree_of(sorted(spans, key=lambda each: (each.start_ns, each.span_id)))


def walk(found: Tree) -> list[tuple[int, int, bool]]:
    """Number, depth and whether it is an orphan, in the order of the walk."""
    return [(int(each.span.span_id, 16), each.depth, each.orphan) for each in found.nodes]


def own(found: Tree) -> dict[int, int]:
    """Self times by number, in milliseconds."""
    return {int(each.span.span_id, 16): each.self_ns // 1_000_000 for each in found.nodes}


def path(found: Tree) -> list[tuple[int, int, int]]:
    """Number, begin and end of each section, in milliseconds after the root's start."""
    first = found.critical_path[0].start_ns
    return [
        (
            int(each.span_id, 16),
            (each.start_ns - first) // 1_000_000,
            (each.end_ns - first) // 1_000_000,
        )
        for each in found.critical_path
    ]


def test_each_span_is_followed_by_what_is_within_it() -> None:
    found = tree(span(1, 0, 100), span(2, 10, 50, 1), span(4, 60, 90, 1), span(3, 20, 30, 2))
    assert walk(found) == [(1, 0, False), (2, 1, False), (3, 2, False), (4, 1, False)]


def test_children_that_overlap_count_once_in_the_self_time() -> None:
    found = tree(span(1, 0, 100), span(2, 10, 50, 1), span(3, 30, 60, 1), span(4, 35, 40, 1))
    assert own(found) == {1: 50, 2: 40, 3: 30, 4: 5}


def test_what_children_do_outside_of_their_parent_does_not_count() -> None:
    found = tree(span(1, 0, 100), span(2, 90, 150, 1), span(3, 200, 300, 1))
    assert own(found)[1] == 90


def test_the_critical_path_goes_through_what_finished_last() -> None:
    found = tree(span(1, 0, 100), span(2, 10, 40, 1), span(3, 10, 80, 1), span(4, 20, 70, 3))
    assert path(found) == [(1, 0, 10), (3, 10, 20), (4, 20, 70), (3, 70, 80), (1, 80, 100)]


def test_the_critical_path_goes_on_before_the_start_of_the_last_child() -> None:
    found = tree(span(1, 0, 100), span(2, 10, 40, 1), span(3, 50, 100, 1), span(4, 30, 60, 1))
    assert path(found) == [(1, 0, 10), (2, 10, 40), (1, 40, 50), (3, 50, 100)]


def test_a_child_that_outlives_its_parent_is_waited_for_no_longer_than_it() -> None:
    found = tree(span(1, 0, 100), span(2, 50, 500, 1), span(3, 60, 400, 2))
    assert path(found) == [(1, 0, 50), (2, 50, 60), (3, 60, 100)]


def test_a_trace_without_duration_has_no_path() -> None:
    assert tree(span(1, 5, 5)).critical_path == ()
    assert tree_of([]) == Tree((), ())


def test_orphans_stand_at_the_top_after_the_roots() -> None:
    found = tree(span(5, 0, 10, 77), span(6, 2, 4, 5), span(1, 20, 30))
    assert walk(found) == [(1, 0, False), (5, 0, True), (6, 1, False)]


def test_without_a_root_the_first_orphan_has_the_path() -> None:
    found = tree(span(5, 0, 10, 77), span(6, 2, 4, 5))
    assert path(found) == [(5, 0, 2), (6, 2, 4), (5, 4, 10)]


def test_spans_that_are_each_others_parents_are_cut_open() -> None:
    found = tree(span(1, 0, 10, 2), span(2, 1, 9, 1), span(3, 2, 3, 2), span(4, 0, 5, 4))
    assert walk(found) == [(1, 0, True), (2, 1, False), (3, 2, False), (4, 0, True)]


def test_a_chain_of_thousands_is_no_matter() -> None:
    found = tree_of([span(number, number, 10_000, number - 1) for number in range(1, 3_001)])
    assert found.nodes[-1].depth == 2_999
    assert sum(each.end_ns - each.start_ns for each in found.critical_path) == 9_999 * 1_000_000


def test_a_waterfall_says_everything_in_milliseconds() -> None:
    spans = (
        span(1, 0, 100, kind="server", attributes={"cairn.cost_usd": 0.002}),
        span(2, 10, 60, 1, service="model", status="error", attributes={"cairn.cost_usd": 0.002}),
    )
    seen = waterfall(TRACE, StoredTrace(spans, complete=True, queries=1))
    assert (seen.duration_ms, seen.errors, seen.cost_usd) == (100.0, 1, 0.002)
    assert seen.services == ("model", "shop")
    assert [(each.offset_ms, each.duration_ms) for each in seen.critical_path] == [
        (0.0, 10.0),
        (10.0, 50.0),
        (60.0, 40.0),
    ]
    first, second = seen.spans
    assert (first.self_ms, first.critical_ms, second.critical_ms) == (50.0, 50.0, 50.0)
    assert seen.start.isoformat() == "2026-11-20T10:00:00+00:00"
