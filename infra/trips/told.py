"""Kinds of requests that the law of trips says nothing of: counted all the same, and told."""

from collections.abc import Iterator, Mapping
from typing import Final

from infra.proof import Unmeasurable
from infra.trips.kinds import Counted, events
from infra.trips.meter import Trips, worst
from infra.trips.world import Handler, World

REQUEST: Final[Mapping[str, object]] = {
    "flow": "onboarding",
    "subject": {"id": "u-1", "traits": {"plan": "trial"}},
}


def reads(world: World) -> Iterator[Counted]:
    """What is read back of a decision and its session, and the dashboard."""
    decide = world.start("decide_next_step")
    answer, _ = world.ask(decide, "POST /v1/decisions", dict(REQUEST))
    decision, session = answer.json()["id"], answer.json()["session_id"]
    for kind, package, route, path in (
        ("start of a session", "decide_next_step", "POST /v1/sessions", {}),
        ("session", "decide_next_step", "GET /v1/sessions/{id}", {"id": session}),
        ("decision", "decide_next_step", "GET /v1/decisions/{id}", {"id": decision}),
        ("replay", "decide_next_step", "POST /v1/decisions/{id}/replay", {"id": decision}),
        ("explanation", "explain", "GET /v1/decisions/{id}/explanation", {"id": decision}),
        ("dashboard", "console", "GET /v1/metrics/dashboard", {}),
        ("health in detail", "console", "GET /health", {}),
    ):
        function = world.start(package)
        body: object = {} if route.startswith("POST") else None
        _, cold = world.ask(function, route, body, path=path)
        _, warm = world.ask(function, route, body, path=path)
        yield Counted(kind, warm, cold)


def folds(world: World) -> Iterator[Counted]:
    """Parcels of 50 events, of one session and of as many sessions."""
    track, fold = world.start("track_event"), world.start("aggregate_metrics")
    for sessions in (1, 200):
        world.ask(track, "POST /v1/events", {"events": events(f"of-{sessions}", 200, sessions)})
        trips = [_folded(world, fold, body) for body in world.cloud.received("events")]
        yield Counted(f"parcel of a batch of {sessions} session(s)", worst(trips[1:]), trips[0])


def _folded(world: World, fold: Handler, body: str) -> Trips:
    record = {"messageId": "1", "body": body, "attributes": {"MessageGroupId": "g-0000"}}
    world.meter.read()
    answer = fold({"Records": [record]})
    if answer["batchItemFailures"]:
        raise Unmeasurable("A parcel could not be folded.")
    return world.meter.read()
