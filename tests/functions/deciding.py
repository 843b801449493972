"""Asking decide-next-step in tests: the example flow, requests, and what they left behind."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from cairn.configuration.model import Kind
from cairn.events.model import Event, Parcel
from functions.decide_next_step.handler import handler
from tests.functions.callers import Answered, Context, answered, http_event
from tests.functions.cloud import Cloud

DECIDE: Final = "POST /v1/decisions"
START: Final = "POST /v1/sessions"
EXAMPLE: Final = Path(__file__).parents[2] / "infra" / "examples" / "onboarding" / "flow.yaml"
ONBOARDING: Final[Mapping[str, Any]] = yaml.safe_load(EXAMPLE.read_text())  # Any: a YAML document
PUBLISHED: Final = {(Kind.FLOW, "onboarding"): ONBOARDING}

ADA: Final = {"full_name": "Augusta King", "work_email": "ada@secret.example", "phone": "+49 171 9"}
"""Personal answers, as they may appear nowhere but in the session."""


def decide(key: str | None, *, context: Context | None = None, **asked: object) -> Answered:
    """Asks for a decision in the example flow."""
    return posted(DECIDE, {"surface": "form", "flow": "onboarding", **asked}, key, context=context)


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
