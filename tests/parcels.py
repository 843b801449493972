"""Builders of events and parcels for tests."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cairn.events.model import Event, Parcel
from cairn.events.pack import group_of
from cairn.metrics.declared import Declared, declared, published_flow
from cairn.metrics.documents import Conversion, Dimension, TelemetryDocument
from cairn.platform.ids import derived_id

NOW = datetime(2026, 11, 20, 10, 0, 30, tzinfo=UTC)
WORKSPACE = "demo"
SESSION = "ses_" + "a" * 32

TELEMETRY = TelemetryDocument(
    dimensions=(
        Dimension(name="visitor_type", values=("New_Visitor", "Returning_Visitor")),
        Dimension(name="weekend", values=("true", "false")),
    ),
    conversions=(Conversion(name="purchase", events=("custom.order_paid",)),),
    custom_types=("custom.order_paid",),
)
DECLARED: Declared = declared(TELEMETRY)
FLOW = "onboarding"
STEPS = ("company", "team", "invite")
PERSONAS = ("returning", "newcomer")


def happened(  # noqa: PLR0913  # the fields of an event
    identifier: str,
    event_type: str = "page.viewed",
    /,
    *,
    session: str | None = SESSION,
    source: str | None = None,
    subject: str | None = None,
    minute: float = 0,
    **attributes: str | float,
) -> Event:
    """An event, `minute` minutes after NOW's hour began."""
    return Event(
        id=identifier,
        type=event_type,
        at=NOW.replace(minute=0, second=0) + timedelta(minutes=minute),
        session_id=session,
        source=source,
        subject=subject,
        attributes=attributes,
    )


def decided(
    identifier: str,
    /,
    *,
    session: str | None = SESSION,
    minute: float = 0,
    **attributes: str | float,
) -> Event:
    """A decision in the flow, by rules, with everything at hand."""
    facts: dict[str, str | float] = {
        "source": "rules",
        "flow": FLOW,
        "step": STEPS[0],
        "persona": "none",
        "degraded": "none",
        "cache": "none",
        **attributes,
    }
    event = happened(identifier, "decision.made", session=session, minute=minute)
    return event.model_copy(update={"attributes": facts})


def telling(event: Event, attributes: Mapping[str, str | float]) -> Event:
    """An event that says more; names of attributes may have dots."""
    return event.model_copy(update={"attributes": {**event.attributes, **attributes}})


def funnelled(known: Declared) -> Declared:
    """The same, with the flow published."""
    return replace(known, flows={FLOW: published_flow(STEPS, PERSONAS)})


def parcel_of(
    *events: Event, number: int = 0, shard: int = 0, workspace: str = WORKSPACE
) -> Parcel:
    """A parcel with an id of its own for each `number`."""
    return Parcel(
        id=derived_id("par", NOW, str(number)),
        workspace=workspace,
        group=group_of(shard),
        events=tuple(events),
    )
