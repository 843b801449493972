"""The visits that are sent: each shopper walks through a flow, whose steps are the kinds of pages.

The file says which pages a session saw, how long, and whether it bought. Beside its page views a
session tells the decision that began it, each step's view and completion, and a score where its
row says so; so that funnels and sketches have a truth in the file too. And each session is in an
experiment: of three sessions two are the same subject's, which shows at their ends only, and
sometimes that subject sees another variation in the second one.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from cairn.events.registry import COMPLETE
from infra.replay.shoppers import Shopper
from infra.replay.story import Clock, Event, session_events

FLOW: Final = "shop"
MODEL: Final = ("made-up", "shopkeeper")
"""The provider and the model that decide."""

ENTRANCE: Final = "entrance"
"""The step that every session is shown first."""

SCORED_EVERY: Final = 5
"""Of so many rows one gives a score."""

BACK_EVERY: Final = 7
"""Of so many rows one goes back from its last step."""

EXPERIMENT: Final = "checkout"
VARIATIONS: Final = ("short", "long")
VISITS: Final = 3
"""Of so many sessions in a row the first two are the same subject; of the others none is known."""

CROSSES_EVERY: Final = 5
"""Of so many subjects one sees another variation in its second session."""

FASTEST_MS: Final = 20
SLOWEST_MS: Final = 5_000


def events(run: str, shoppers: Sequence[Shopper], ends: datetime) -> Iterator[Event]:
    """Every event of all visits, visit by visit."""
    clock = Clock(ends, len(shoppers))
    for each in shoppers:
        yield from visit(run, each, clock.start_of(each))


def visit(run: str, shopper: Shopper, start: datetime) -> list[Event]:
    """One visit's events, in their order."""
    told = list(session_events(run, shopper, start))
    *pages, ending = told
    if (subject := subject_of(run, shopper)) is not None:
        ending["subject"] = subject
    first, at = told[0], {kind: _about(pages, kind) for kind in kinds_of(shopper)}
    walked = [_entrance(first, shopper), _call(first, shopper), *_walk(at, shopper)]
    if subject is None:
        walked.append(_exposure(first, shopper))
    if shopper.purchased:
        walked.append(_decision(ending, COMPLETE))
    if score_of(shopper) is not None:
        walked.append(_beside(ending, "feedback.given", {"score": score_of(shopper)}))
    return sorted([*told, *walked], key=lambda each: str(each["at"]))


def kinds_of(shopper: Shopper) -> list[str]:
    """The kinds of pages that a session saw, in its order."""
    return [each.kind for each in shopper.viewed if each.pages]


def step_of(kind: str) -> str:
    """The step that a kind of pages is."""
    return kind.lower()


def time_on(shopper: Shopper) -> Mapping[str, int]:
    """How long a session was on each of its steps, by its page views, milliseconds."""
    viewed = [each for each in shopper.viewed if each.pages]
    return {step_of(each.kind): each.duration_ms // each.pages * each.pages for each in viewed}


def time_between(shopper: Shopper) -> Mapping[str, int]:
    """From the first to the last page view of each of its steps, milliseconds."""
    viewed = [each for each in shopper.viewed if each.pages]
    return {
        step_of(each.kind): each.duration_ms // each.pages * (each.pages - 1) for each in viewed
    }


def latency_ms(shopper: Shopper) -> float:
    """How long a model took: from 20 to 5,000 ms, spread evenly over their logarithms."""
    share = shopper.row * 2_654_435_761 % 1_000 / 999
    return round(FASTEST_MS * math.pow(SLOWEST_MS / FASTEST_MS, share), 3)


def tokens_in(shopper: Shopper) -> int:
    """How many tokens a model was sent."""
    return 200 + shopper.duration_ms // 1_000


def score_of(shopper: Shopper) -> int | None:
    """The score that a session gives, 1 to 5; None where it gives none."""
    return None if shopper.row % SCORED_EVERY else shopper.row // SCORED_EVERY % 5 + 1


def subject_of(run: str, shopper: Shopper) -> str | None:
    """Who a session's visitor turns out to be; None where nobody learns it."""
    group, place = divmod(shopper.row, VISITS)
    return None if place == VISITS - 1 else f"{run}-subject-{group}"


def variation_of(shopper: Shopper) -> str:
    """The variation of the experiment that a session sees."""
    group, place = divmod(shopper.row, VISITS)
    crosses = place == 1 and group % CROSSES_EVERY == 0
    return VARIATIONS[(group + crosses) % len(VARIATIONS)]


def goes_back(shopper: Shopper) -> bool:
    """Whether a session goes back from its last step."""
    return shopper.row % BACK_EVERY == 0


def _about(pages: Sequence[Event], kind: str) -> tuple[Event, Event]:
    """The first and the last page view of a kind."""
    seen = [page for page in pages if _attributes(page)["kind"] == kind]
    return seen[0], seen[-1]


def _walk(pages: Mapping[str, tuple[Event, Event]], shopper: Shopper) -> Iterator[Event]:
    for kind, (first, last) in pages.items():
        step = step_of(kind)
        yield _beside(first, "step.viewed", {"step": step})
        spent = {"step": step, "duration_ms": time_on(shopper)[step]}
        yield _beside(last, "step.completed", spent)
    if pages and goes_back(shopper):
        kind, (_, last) = list(pages.items())[-1]
        yield _beside(last, "step.back", {"step": step_of(kind)})


def _entrance(event: Event, shopper: Shopper) -> Event:
    """The first decision of a session; it serves the variation where the subject will be known."""
    told = _decision(event, ENTRANCE)
    served = {f"variation.{EXPERIMENT}": variation_of(shopper), **shopper.dimensions}
    known = shopper.row % VISITS < VISITS - 1
    return {**told, "attributes": {**_attributes(told), **(served if known else {})}}


def _exposure(event: Event, shopper: Shopper) -> Event:
    """The report of a client that served the variation by itself."""
    served = {"experiment": EXPERIMENT, "variation": variation_of(shopper)}
    return _beside(event, "experiment.exposed", {**served, **shopper.dimensions})


def _decision(event: Event, step: str) -> Event:
    return _beside(event, "decision.made", {"source": "llm", "step": step})


def _call(event: Event, shopper: Shopper) -> Event:
    """The call of a model that the first decision of a session took."""
    provider, model = MODEL
    facts = {
        "tier": "llm",
        "provider": provider,
        "model": model,
        "outcome": "answered",
        "latency_ms": latency_ms(shopper),
        "tokens_uncached": tokens_in(shopper),
        "tokens_output": shopper.pages + 1,
    }
    return _beside(event, "llm.called", facts)


def _beside(event: Event, event_type: str, facts: Mapping[str, object]) -> Event:
    """Another event of the same session at the same time."""
    return {
        **event,
        "id": f"{event['id']}-{event_type}-{facts.get('step', '')}",
        "type": event_type,
        "attributes": {"flow": FLOW, **facts},
    }


def _attributes(event: Event) -> Mapping[str, object]:
    attributes = event["attributes"]
    return attributes if isinstance(attributes, Mapping) else {}
