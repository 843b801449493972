"""What one event adds to which counters.

* Every event, in group `all`: `events.<type>`, and what it is beside that: a page view, a
  conversion, the first event of a session, the first sight of a subject on its day.
* A session, and its conversions, once more in the group of each declared dimension, under the
  first value that any of its events shows. Where the value comes late, the session and the
  conversions it already had are counted with the event that brings it.
* What the event says of operations, models and its flow, in their groups and sketches; and once
  more by each dimension that has segments, under the value that the event shows, or else its
  session. How far its session came in the flow: see `cairn.metrics.flows`.
* What it names beyond the bounds of a dimension or vocabulary is counted as `other`, and in
  `folded.<which>` of group `all`.
"""

from collections.abc import Iterator, Mapping, Sequence

from cairn.events.model import Event
from cairn.metrics.contribution import Addition, Contribution, minute_of
from cairn.metrics.declared import Declared
from cairn.metrics.flows import Course, by_persona, by_value, course_of, in_flow
from cairn.metrics.measures import NOTHING, Measures, measures
from cairn.metrics.model import (
    CONVERSIONS,
    EVENTS,
    OTHER,
    PAGE_VIEWS,
    SESSIONS,
    SUBJECTS_SEEN,
)
from cairn.metrics.named import named
from cairn.metrics.owners import Draft
from cairn.metrics.series import (
    ALL,
    FOLDED,
    LATENCY,
    MODELS,
    OPERATIONS,
    PERSONA,
    flow,
    segmented,
    under,
    under_value,
)
from cairn.metrics.sketch import counter_of
from cairn.platform.clock import epoch_ms


def contribution(
    event: Event, draft: Draft, declared: Declared, *, newcomer: bool = False
) -> Contribution:
    """What an event amounts to, given what is known of its owner.

    Args:
        event: the event.
        draft: its owner.
        declared: what its workspace counts apart.
        newcomer: whether its subject is seen for the first time on its day.
    """
    counting = _Counting(event, draft, declared)
    as_counted = named(event, declared)
    said, course = measures(as_counted.event), course_of(as_counted, draft)
    everything = counting.everything(said, as_counted.folded, newcomer=newcomer)
    added = [Addition(counting.minute, ALL, "", everything)]
    if counting.converted or counting.shown:
        added += counting.dimensions()
    if said is not NOTHING:
        added += counting.measured(said)
    if course is not None:
        added += counting.coursed(course, as_counted.event, said)
    if draft.flows and counting.shown:
        added += counting.late(course)
    return Contribution(
        shown=counting.shown,
        converted=counting.converted,
        kind=counting.kind,
        flows={course.name: course.after} if course and course.after.times else {},
        added=tuple(added),
    )


class _Counting:
    """An event on its way into the counters."""

    __slots__ = ("converted", "declared", "draft", "event", "kind", "minute", "shown")

    def __init__(self, event: Event, draft: Draft, declared: Declared) -> None:
        self.event = event
        self.draft = draft
        self.declared = declared
        self.minute = minute_of(epoch_ms(event.at))
        self.converted = declared.conversions_of(event)
        self.kind = declared.kind_of(event)
        self.shown = _shown(event, draft, declared) if event.session_id is not None else {}

    def everything(
        self, said: Measures, folded: Sequence[str], *, newcomer: bool
    ) -> dict[str, int]:
        """What it adds to the group that every event is counted in."""
        counters = {EVENTS + self.declared.type_of(self.event): 1, **said.everything}
        if self.kind is not None:
            counters[PAGE_VIEWS] = 1
        if newcomer:
            counters[SUBJECTS_SEEN] = 1
        if self.event.session_id is not None and self.draft.untouched:
            counters[SESSIONS] = 1
        for name in self.converted:
            counters[CONVERSIONS + name] = 1
        for dimension, value in self.shown.items():
            if value == OTHER and self.event.text(dimension) != OTHER:
                counters[FOLDED + dimension] = 1
        for vocabulary in folded:
            counters[FOLDED + vocabulary] = 1
        return counters

    def dimensions(self) -> Iterator[Addition]:
        """What it adds to the group of each dimension: its session, and what that converted to."""
        for dimension in self.declared.dimensions:
            first = self.shown.get(dimension)
            value = first or self.draft.dimensions.get(dimension)
            if value is None:
                continue
            counters = {CONVERSIONS + name: 1 for name in self.converted}
            if first is not None:
                counters[SESSIONS] = 1
                for name, earlier in self.draft.conversions.items():
                    counter = CONVERSIONS + name
                    counters[counter] = counters.get(counter, 0) + earlier
            if counters:
                yield Addition(self.minute, dimension, "", under_value(value, counters))

    def measured(self, said: Measures) -> Iterator[Addition]:
        """What it says of operations and models, also by segments, and for sketches."""
        if said.operation:
            yield Addition(self.minute, OPERATIONS, "", said.operations)
        if said.models:
            yield Addition(self.minute, MODELS, "", said.models)
        for dimension in self.declared.segments:
            if value := self._value(dimension):
                yield from self._segment(dimension, value, said)
        for name, number in said.sketched.items():
            yield Addition(self.minute, LATENCY, name, {counter_of(number): 1})

    def _segment(self, dimension: str, value: str, said: Measures) -> Iterator[Addition]:
        """What it says of operations and models, by the value of a dimension."""
        if said.operation:
            group, name = segmented(OPERATIONS, dimension), under(value, said.operation)
            us = said.sketched.get(said.operation)
            sketched = {} if us is None else {counter_of(us): 1}
            yield Addition(self.minute, group, name, {**said.carried, **sketched})
        if said.models:
            group = segmented(MODELS, dimension)
            yield Addition(self.minute, group, "", under_value(value, said.models))

    def coursed(self, course: Course, as_counted: Event, said: Measures) -> Iterator[Addition]:
        """What it adds to its flow, also by persona and by segments."""
        yield from in_flow(self.minute, course, said.flow)
        yield from by_persona(self.minute, as_counted, course, said.flow)
        group = flow(course.name)
        for dimension in self._segments:
            value = self._value(dimension)
            if value and said.flow:
                segment = segmented(group, dimension)
                yield Addition(self.minute, segment, "", under_value(value, said.flow))
            was = self.draft.dimensions.get(dimension)
            now = was or self.shown.get(dimension)
            yield from by_value(self.minute, dimension, course, was, now)

    def late(self, course: Course | None) -> Iterator[Addition]:
        """What its session's other flows bring along to the segments that it shows now."""
        for name, fold in self.draft.flows.items():
            if course is None or name != course.name:
                still = Course(name, fold, fold)
                for dimension in self._segments:
                    if value := self.shown.get(dimension):
                        yield from by_value(self.minute, dimension, still, None, value)

    @property
    def _segments(self) -> Iterator[str]:
        """The dimensions by which flows are counted, beside the persona."""
        return (each for each in self.declared.segments if each != PERSONA)

    def _value(self, dimension: str) -> str | None:
        return value_under(self.event, self.draft, self.shown, self.declared, dimension)


def value_under(
    event: Event, draft: Draft, shown: Mapping[str, str], declared: Declared, dimension: str
) -> str | None:
    """The value of a dimension that an event counts under: its own, or its session's."""
    if dimension not in declared.dimensions:
        return None
    own = declared.value_of(dimension, event)
    return own or shown.get(dimension) or draft.dimensions.get(dimension)


def _shown(event: Event, draft: Draft, declared: Declared) -> dict[str, str]:
    """The dimensions that an event is the first of its session to show."""
    told, known = event.attributes, draft.dimensions
    unknown = [name for name in declared.dimensions if name in told and name not in known]
    return {name: declared.value_of(name, event) or OTHER for name in unknown}
