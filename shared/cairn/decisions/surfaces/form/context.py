"""What a model is told of one visit: candidates, state, signals, data, events; nothing personal."""

import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import Final

from pydantic import JsonValue

from cairn.behavior.model import RecentEvent
from cairn.conditions.paths import reader
from cairn.decisions.proposal import Moment
from cairn.decisions.surfaces.form.background import CLOSE, OPEN
from cairn.decisions.surfaces.form.compiled import Flow
from cairn.decisions.surfaces.form.model import Case
from cairn.decisions.surfaces.form.standing import BOUNDS, bucket
from cairn.decisions.surfaces.form.tool import proposable
from cairn.decisions.surfaces.form.visitor import known_of
from cairn.events.registry import COMPLETE, REGISTRY
from cairn.llm.fitting import Line, Rank, fitted, line
from cairn.platform.clock import epoch_ms

NONE_OF_THESE: Final = "(none of these)"
"""The option that every choice offers; no step can have this id."""

NEWEST_EVENTS: Final = 5
"""So many events are important, the older ones optional."""

_HEADING: Final = line(Rank.ESSENTIAL, "Candidates, in the flow's order:")

AGES_S: Final = (5, 15, 60, 300)
"""Ages of events are told by these bounds, in seconds."""


def context_of(case: Case, moment: Moment) -> list[Line] | None:
    """The lines of a visit, cut to the prompt's budget; None where there is no room or choice.

    A line that tells a candidate has its id in `names`.
    """
    steps = proposable(case)
    if not steps:
        return None
    lines = [*_candidates(case, steps), *_state(case), *_known(case), *_events(case, moment)]
    return fitted(lines, moment.prompt.document.context_tokens)


def _candidates(case: Case, steps: Sequence[str]) -> Iterator[Line]:
    yield _HEADING
    for place, name in enumerate(steps):
        if name == COMPLETE:
            yield _end(case.flow)
        else:
            rank = Rank.IMPORTANT if place else Rank.ESSENTIAL
            yield _candidate(case.flow, name, case.offered[name].required, rank)


@lru_cache(maxsize=256)
def _end(flow: Flow) -> Line:
    actions = ", ".join(each.action for each in flow.document.completion.ctas)
    text = f"{COMPLETE}: nothing more is asked; buttons: {actions or 'none'}"
    return line(Rank.ESSENTIAL, text, COMPLETE)


@lru_cache(maxsize=4_096)
def _candidate(flow: Flow, name: str, required: frozenset[str], rank: Rank) -> Line:
    step = flow.steps[name].step
    fields = "; ".join(
        f"{each.id} {each.kind}{' required' if each.id in required else ''}" for each in step.fields
    )
    actions = ", ".join(each.action for each in step.ctas)
    return line(
        rank, f"{name} ({step.title}): fields: {fields or 'none'}; buttons: {actions}", name
    )


def _state(case: Case) -> Iterator[Line]:
    persona = case.persona.id if case.persona else "unknown"
    yield line(Rank.ESSENTIAL, f"Persona: {persona}; step on screen: {_on_screen(case)}")
    for name in ("answered", "steps_done"):
        yield line(Rank.IMPORTANT, f"{name}: {_ids(case, name)}")
    for signal in BOUNDS:
        number = bucket(signal, reader(f"behavior.{signal}")(case.attributes))
        if number is not None:
            yield _signal(signal, number)
    yield line(Rank.OPTIONAL, f"steps_seen: {_ids(case, 'steps_seen')}")


def _known(case: Case) -> Iterator[Line]:
    known = [_data(each) for each in known_of(case)]
    if known:
        yield line(Rank.ESSENTIAL, OPEN)
        yield from (line(Rank.IMPORTANT, each) for each in known)
        yield line(Rank.ESSENTIAL, CLOSE)


def _events(case: Case, moment: Moment) -> Iterator[Line]:
    for place, event in enumerate(reversed(moment.recent)):
        rank = Rank.IMPORTANT if place < NEWEST_EVENTS else Rank.OPTIONAL
        age_s = (epoch_ms(moment.now) - event.at_ms) / 1_000
        yield line(
            rank, f"{_between(AGES_S)[bisect_right(AGES_S, age_s)]} s ago: {_event(case, event)}"
        )


def _event(case: Case, event: RecentEvent) -> str:
    """An event by ids of the flow and types of ours; clients may have sent anything."""
    kind = event.type if event.type in REGISTRY else "custom"
    step = event.step if event.step in case.flow.steps else None
    field = event.field if event.field in case.flow.fields else None
    return " ".join(each for each in (kind, step, field) if each)


def _on_screen(case: Case) -> str:
    step = reader("session.step")(case.attributes)
    return str(step) if step in case.flow.steps else "none"


def _ids(case: Case, name: str) -> str:
    known = reader(f"session.{name}")(case.attributes)
    flow = case.flow
    ids = known if isinstance(known, list) else []
    return (
        ", ".join(str(each) for each in ids if each in flow.steps or each in flow.fields) or "none"
    )


@cache
def _signal(signal: str, number: int) -> Line:
    return line(Rank.IMPORTANT, f"{signal}: {_between(tuple(BOUNDS[signal]))[number]}")


@cache
def _between(bounds: tuple[float, ...]) -> tuple[str, ...]:
    """The names of the buckets that begin at these bounds."""
    middle = (f"{low:g} to {high:g}" for low, high in pairwise(bounds))
    return (f"under {bounds[0]:g}", *middle, f"{bounds[-1]:g} or more")


def _data(known: dict[str, JsonValue]) -> str:
    """One JSON object in which nothing can look like the end of the data."""
    text = json.dumps(known, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e")
