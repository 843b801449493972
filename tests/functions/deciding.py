"""Asking decide-next-step in tests: the example flow, requests, and what they left behind."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from cairn.configuration.model import Kind
from cairn.configuration.snapshots import CHECK_S
from cairn.decisions.model_port import ModelPort
from cairn.events.model import Event, Parcel
from functions.decide_next_step.handler import handler
from functions.decide_next_step.settings import Settings
from functions.decide_next_step.wiring import build
from infra.inprocess.cache import MemoryCache
from tests.flows import ONBOARDING
from tests.functions.callers import Answered, Context, answered, api_key, http_event
from tests.functions.cloud import Cloud
from tests.functions.publishing import publish
from tests.functions.refusals import Wire, tapped

DECISION: Final = "GET /v1/decisions/{id}"
SESSION: Final = "GET /v1/sessions/{id}"
DECIDE: Final = "POST /v1/decisions"
START: Final = "POST /v1/sessions"
PUBLISHED: Final = {(Kind.FLOW, "onboarding"): ONBOARDING}

ADA: Final = {"full_name": "Augusta King", "work_email": "ada@secret.example", "phone": "+49 171 9"}
"""Personal answers, as they may appear nowhere but in the session."""

ONCE: Final = {"idempotency-key": "0b0a7c1e-5a4f-4a66-9b7e-4d1f3d9c2a10"}


def decide(
    key: str | None,
    body: Mapping[str, object] | None = None,
    *,
    context: Context | None = None,
    **asked: object,
) -> Answered:
    """Asks for a decision in the example flow, unless the body says otherwise."""
    asking = {"surface": "form", "flow": "onboarding", **(body or {}), **asked}
    return posted(DECIDE, asking, key, context=context)


def posted(
    route: str,
    body: object,
    key: str | None,
    *,
    headers: Mapping[str, str] | None = None,
    context: Context | None = None,
) -> Answered:
    """Posts a body to a route."""
    return answered(
        handler(http_event(route, body, key=key, headers=headers), context or Context())
    )


def got(route: str, identifier: str, key: str | None) -> Answered:
    """Reads a decision or a session."""
    return answered(handler(http_event(route, key=key, path={"id": identifier}), Context()))


def reported(cloud: Cloud) -> list[Event]:
    """The events that reached the queue, taken off it."""
    parcels = [Parcel.model_validate_json(body) for body in cloud.received("events")]
    return [event for parcel in parcels for event in parcel.events]


def types(cloud: Cloud) -> list[str]:
    """The types of the events that reached the queue, taken off it."""
    return [event.type for event in reported(cloud)]


class Time:
    """A clock and a ticker that move only when told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 10, tzinfo=UTC)

    def clock(self) -> datetime:
        return self.now

    def tick(self) -> float:
        return self.now.timestamp()

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class House:
    """Everything around the function."""

    cloud: Cloud
    wire: Wire
    cache: MemoryCache
    time: Time
    key: str
    publishable: str


@contextmanager
def housed(
    aws: Cloud,
    monkeypatch: pytest.MonkeyPatch,
    *,
    published: Mapping[tuple[Kind, str], Mapping[str, object]] = PUBLISHED,
    models: ModelPort | None = None,
) -> Iterator[House]:
    """The function, warm, with the example flow, a cache and a clock of its own."""
    publish(aws, published)
    time, cache = Time(), MemoryCache()
    with tapped() as wire:
        built = build(
            Settings.load(aws.variables),
            clock=time.clock,
            tick=time.tick,
            plan_cache=cache,
            models=models,
        )
        monkeypatch.setattr("functions.decide_next_step.handler.wiring", lambda: built)
        keys = api_key(aws), api_key(aws, "publishable")
        house = House(aws, wire, cache, time, *keys)
        started(house, deadline_ms=10_000)
        cache.kept.clear()
        cache.trips = 0
        time.passes(CHECK_S)
        yield house


def code(answer: Answered) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status, answer.json()["code"]


def started(house: House, **asked: object) -> str:
    """A session, warm: its id."""
    answer = decide(house.key, asked)
    assert answer.status == 200, answer.body
    house.cloud.received("events")
    house.wire.calls.clear()
    return str(answer.json()["session_id"])
