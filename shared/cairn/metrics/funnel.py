"""How far a session came in a flow, and what that amounts to in the flow's counters.

A session starts and completes a flow once, reaches a step once, completes a step once: each counts
at the earliest time that any of its events tells. What an event adds is what the session amounts to
now, less what it amounted to before; so an event that comes out of order moves a count to where it
belongs, and in whichever order they come, counts and buckets are the same. What a step took is the
time from when it was first shown to when it was first sent. One that no event says was shown was
reached when it was sent, and nobody knows what it took.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from cairn.events.model import Event
from cairn.events.registry import COMPLETE, DECISION_MADE, STEP_BACK, STEP_COMPLETED, STEP_VIEWED
from cairn.metrics.measures import FIELDS_SHOWN, NONE, UNTIMED, label, scaled
from cairn.metrics.series import GLUE, PERSONA, under
from cairn.platform.clock import epoch_ms

ADVANCING: Final = frozenset({DECISION_MADE, STEP_VIEWED, STEP_COMPLETED, STEP_BACK})
"""The events that tell how far a session is."""

STARTED: Final = "started"
COMPLETED: Final = "completed"
REACHED: Final = "reached"
US_ON: Final = "us_on"
US_TO_COMPLETION: Final = "us_to_completion"
FIELDS_TO_COMPLETION: Final = "fields_to_completion"

SENT: Final = "sent"
"""Attribute of a decision: the step that it was asked with, where that needs nothing more."""

MOST_FLOWS: Final = 2
MOST_TIMES: Final = 120
"""What is kept of a session, so that its state stays small and whatever one of its events changes
fits a transaction: the flows and steps that come first."""


class Mark(NamedTuple):
    """A counter, and the time in whose bucket it counts, milliseconds after the epoch."""

    at_ms: int
    counter: str


class Completion(NamedTuple):
    """When a flow was completed, milliseconds after the epoch, and how long that took."""

    at_ms: int
    us: int


class FlowFold(NamedTuple):
    """How far a session came in a flow.

    Attributes:
        times: when what it counts for first happened, by counter; milliseconds after the epoch.
        persona: who the visitor is, by the first decision that knew it.
        fields: how many its decisions showed, all together.
    """

    times: Mapping[str, int] = MappingProxyType({})
    persona: str | None = None
    fields: int = 0

    @property
    def completion(self) -> Completion | None:
        """Its completion; None until then."""
        done_ms = self.times.get(COMPLETED)
        if done_ms is None:
            return None
        return Completion(done_ms, (done_ms - self.times[STARTED]) * 1_000)


UNBEGUN: Final = FlowFold()


def advanced(before: FlowFold, event: Event) -> FlowFold:
    """How far a session is in a flow, with one more of the flow's events."""
    at_ms = epoch_ms(event.at)
    told = {name: at_ms for name in _told(event) if at_ms < before.times.get(name, at_ms + 1)}
    times = {**before.times, **told} if told else before.times
    if len(times) > MOST_TIMES:
        times = before.times
    if event.type != DECISION_MADE:
        return FlowFold(times, before.persona, before.fields)
    named = label(event, PERSONA, NONE)
    persona = before.persona or (None if named == NONE else named)
    return FlowFold(times, persona, before.fields + (scaled(event, FIELDS_SHOWN) or 0))


def difference(before: FlowFold, after: FlowFold) -> dict[Mark, int]:
    """What must be added to a flow's counters so that they say `after` instead of `before`."""
    changes: dict[Mark, int] = {}
    if before.times is after.times and before.fields == after.fields:
        return changes
    steps: set[str] = set()
    for counter, at_ms in after.times.items():
        was_ms = before.times.get(counter)
        if was_ms != at_ms:
            steps.add(counter.rpartition(GLUE)[2])
            changes[Mark(at_ms, counter)] = 1
            if was_ms is not None:
                changes[Mark(was_ms, counter)] = -1
    for fold, sign in ((before, -1), (after, 1)):
        for mark, us in _took(fold, steps):
            changes[mark] = changes.get(mark, 0) + sign * us
    return {mark: count for mark, count in changes.items() if count}


def _took(fold: FlowFold, steps: Iterable[str]) -> Iterator[tuple[Mark, int]]:
    """What the flow took, if it is completed, and what those of the steps took that were sent."""
    if fold.completion is not None:
        yield Mark(fold.completion.at_ms, US_TO_COMPLETION), fold.completion.us
        yield Mark(fold.completion.at_ms, FIELDS_TO_COMPLETION), fold.fields
    for step in steps:
        sent_ms = fold.times.get(under(COMPLETED, step))
        shown_ms = fold.times.get(under(REACHED, step))
        if sent_ms is None:
            continue
        if shown_ms is None:
            yield Mark(sent_ms, under(REACHED, step)), 1
        if shown_ms is not None and shown_ms < sent_ms:
            yield Mark(sent_ms, under(US_ON, step)), (sent_ms - shown_ms) * 1_000
        else:
            yield Mark(sent_ms, under(UNTIMED, step)), 1


def _told(event: Event) -> Iterator[str]:
    """The counters that an event says have come true."""
    yield STARTED
    step = label(event, "step")
    if event.type == DECISION_MADE and (sent := label(event, SENT, NONE)) != NONE:
        yield under(COMPLETED, sent)
    if event.type == STEP_COMPLETED:
        yield under(COMPLETED, step)
    elif event.type == DECISION_MADE and step == COMPLETE:
        yield COMPLETED
    elif event.type != STEP_BACK:
        yield under(REACHED, step)
