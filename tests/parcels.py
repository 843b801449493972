"""Builders of events and parcels for tests."""

from datetime import UTC, datetime, timedelta

from cairn.events.model import Event, Parcel
from cairn.events.pack import group_of
from cairn.metrics.declared import Declared, declared
from cairn.metrics.model import Conversion, Dimension, TelemetryDocument
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


def happened(  # the fields of an event
    identifier: str,
    event_type: str = "page.viewed",
    /,
    *,
    session: str | None = SESSION,
    source: str | None = None,
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
        attributes=attributes,
    )


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
