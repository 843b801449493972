"""The kinds of requests that are counted: decisions, flags, events, and what is only told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product
from math import ceil
from typing import Final

from cairn.configuration.snapshots import CHECK_S
from infra.proof import Unmeasurable
from infra.trips.meter import MeteredCache, Trips, worst
from infra.trips.world import Handler, World

type Budget = Mapping[str, int]
"""The most trips to each store that a request of a kind may make."""

DECIDING: Final[Budget] = {"tables": 2, "cache": 1, "queue": 1, "traces": 1}
EVALUATING: Final[Budget] = {"tables": 0, "queue": 0, "traces": 0}
PER_SEND: Final = 10
"""Messages that one call to the queue takes."""

EVENTS: Final = 500
"""Events in a batch, the most that a request may have."""

TRAITS: Final = ({"plan": "trial"}, {"plan": "enterprise"}, {"returning": True, "country": "DE"})
GOALS: Final = ("explore", "onboard_team", "build_integration")


@dataclass(frozen=True, slots=True)
class Counted:
    """The trips of one kind of request.

    Attributes:
        kind: in words.
        warm: the most trips of any such request in a process that made others before.
        cold: those of a process's first request, where it was of this kind.
        budget: what the law allows; empty where it says nothing.
    """

    kind: str
    warm: Trips
    cold: Trips | None = None
    budget: Budget = field(default_factory=dict)


def decisions(world: World) -> Iterator[Counted]:
    """Decisions by where they came from, over two processes that share a cache.

    In each process every visitor asks twice: in a new session and, with an Idempotency-Key, in
    the session that goes on.

    Raises:
        Unmeasurable: no decision came from the cache, or none from rules.
    """
    shared = MeteredCache(world.meter)
    warm: dict[str, list[Trips]] = {}
    cold: dict[str, Trips] = {}
    for _ in ("first", "second"):
        function = world.start("decide_next_step", plan_cache=shared)
        first, *rest = _visits(world, function)
        cold.setdefault(*first)
        for source, trips in rest:
            warm.setdefault(source, []).append(trips)
    if missing := {"cache", "rules"} - warm.keys():
        raise Unmeasurable(f"The example led to no decision by {' or '.join(sorted(missing))}.")
    for source, found in sorted(warm.items()):
        yield Counted(f"decision by {source}", worst(found), cold.get(source), DECIDING)


def _visits(world: World, function: Handler) -> Iterator[tuple[str, Trips]]:
    """Where each decision came from, and its trips."""
    for number, (traits, goal) in enumerate(product(TRAITS, GOALS)):
        request: dict[str, object] = {
            "flow": "onboarding",
            "subject": {"id": f"u-{number}", "traits": traits},
            "answers": {"goal": goal},
        }
        answer, trips = world.ask(function, "POST /v1/decisions", request)
        decision = answer.json()
        yield decision["source"], trips
        going_on = {**request, "session_id": decision["session_id"]}
        headers = {"idempotency-key": f"again-{decision['id']}"}
        answer, trips = world.ask(function, "POST /v1/decisions", going_on, headers=headers)
        yield answer.json()["source"], trips


def flags(world: World) -> Iterator[Counted]:
    """Evaluations while a snapshot is fresh, and when its version must be looked at again."""
    now_s = 0.0
    function = world.start("flag_eval", tick=lambda: now_s)
    body = {"context": {"targetingKey": "u-42", "plan": "trial"}}
    every = "POST /ofrep/v1/evaluate/flags"
    answer, cold = world.ask(function, every, body)
    _, bulk = world.ask(function, every, body)
    path = {"key": answer.json()["flags"][0]["key"]}
    _, single = world.ask(function, every + "/{key+}", body, path=path)
    now_s = CHECK_S
    _, due = world.ask(function, every, body)
    yield Counted("evaluation of all flags", bulk, cold, EVALUATING)
    yield Counted("evaluation of one flag", single, None, EVALUATING)
    yield Counted("evaluation with a version read due", due, None, {**EVALUATING, "tables": 1})


def batches(world: World) -> Iterator[Counted]:
    """Batches of 500 events, of one session and of as many sessions, and their folds."""
    function = world.start("track_event")
    _, cold = world.ask(function, "POST /v1/events", {"events": events("warm", EVENTS, 1)})
    world.cloud.received("events")
    for sessions in (1, EVENTS):
        batch = {"events": events(f"of-{sessions}", EVENTS, sessions)}
        _, trips = world.ask(function, "POST /v1/events", batch)
        messages = len(world.cloud.received("events"))
        budget = {"tables": 0, "queue": ceil(messages / PER_SEND), "traces": 1}
        yield Counted(f"batch of {EVENTS} events of {sessions} session(s)", trips, cold, budget)


def events(name: str, count: int, sessions: int) -> list[dict[str, object]]:
    """So many page views of so many sessions, all of this minute."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    return [
        {
            "id": f"evt_{number}",
            "type": "page.viewed",
            "at": at,
            "session_id": f"ses_{name}-{number % sessions}",
            "attributes": {"kind": "product", "plan": "trial"},
        }
        for number in range(count)
    ]
