"""What one event adds to the counters of its flow, and to those of the flow's segments.

What is counted once per session stands at times of its own in the flow's group, and moves when an
earlier event turns up. By a segment it is counted with the event that brings it: where a session
shows its value late, that event brings all that was counted so far.
"""

from collections.abc import Iterator
from typing import NamedTuple

from cairn.events.model import Event
from cairn.events.registry import DECISION_MADE, FEEDBACK_GIVEN
from cairn.metrics.contribution import Addition, minute_of
from cairn.metrics.funnel import (
    ADVANCING,
    MOST_FLOWS,
    UNBEGUN,
    FlowFold,
    advanced,
    difference,
)
from cairn.metrics.measures import NONE, label
from cairn.metrics.model import Counters
from cairn.metrics.named import Named
from cairn.metrics.owners import Draft
from cairn.metrics.series import COMPLETION_US, LATENCY, PERSONA, flow, segmented, under_value
from cairn.metrics.sketch import counter_of


class Course(NamedTuple):
    """How an event moved its session on in a flow.

    Attributes:
        name: the flow.
        before: how far the session was; a source never gets anywhere.
        after: how far it is now.
    """

    name: str
    before: FlowFold
    after: FlowFold


def course_of(named: Named, draft: Draft) -> Course | None:
    """The flow that an event belongs to; feedback that names none is about its session's."""
    event, name = named.event, named.flow
    if name is None and event.type == FEEDBACK_GIVEN:
        name = next(iter(draft.flows), None)
    if name is None:
        return None
    before = draft.flows.get(name, UNBEGUN)
    kept = event.session_id is not None and (name in draft.flows or len(draft.flows) < MOST_FLOWS)
    moves = kept and event.type in ADVANCING
    return Course(name, before, advanced(before, event) if moves else before)


def in_flow(minute: str, course: Course, said: Counters) -> Iterator[Addition]:
    """What an event adds to its flow, and to the sketch of completions.

    Args:
        minute: the key of the event's minute.
        course: how it moved its session on.
        said: what it says in numbers.
    """
    group = flow(course.name)
    if said:
        yield Addition(minute, group, "", said)
    for mark, count in difference(course.before, course.after).items():
        yield Addition(minute_of(mark.at_ms), group, "", {mark.counter: count})
    if course.before.completion != course.after.completion:
        for completion, count in ((course.before.completion, -1), (course.after.completion, 1)):
            if completion is not None:
                bucket = {counter_of(completion.us): count}
                yield Addition(minute_of(completion.at_ms), LATENCY, COMPLETION_US, bucket)


def by_persona(minute: str, event: Event, course: Course, said: Counters) -> Iterator[Addition]:
    """What an event adds to its flow by the visitor's persona, as decisions know it."""
    own = label(event, PERSONA, NONE) if event.type == DECISION_MADE else NONE
    value = course.after.persona if own == NONE else own
    yield from _by_value(minute, segmented(flow(course.name), PERSONA), value, said)
    yield from by_value(minute, PERSONA, course, course.before.persona, course.after.persona)


def by_value(
    minute: str, dimension: str, course: Course, was: str | None, now: str | None
) -> Iterator[Addition]:
    """What a session adds to a flow by the value of a dimension, known before or only now."""
    if now is not None:
        counters: dict[str, int] = {}
        for mark, count in difference(course.before if was else UNBEGUN, course.after).items():
            counters[mark.counter] = counters.get(mark.counter, 0) + count
        yield from _by_value(minute, segmented(flow(course.name), dimension), now, counters)


def _by_value(minute: str, group: str, value: str | None, counters: Counters) -> Iterator[Addition]:
    if value is not None and counters:
        yield Addition(minute, group, "", under_value(value, counters))
