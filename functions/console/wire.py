"""Forms of events on the wire that no model of the concepts needs, for the description only."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from cairn.events.model import BATCH_EVENTS, Event


class PlainEvent(Event):
    """One thing that happened; attributes may also stand beside the other fields."""

    model_config = ConfigDict(extra="allow", title="Event")


class PlainBatch(BaseModel):
    """Events in the plain form; `navigator.sendBeacon` sends it as text."""

    model_config = ConfigDict(title="Events")

    events: Annotated[list[PlainEvent], Field(max_length=BATCH_EVENTS)]


class CloudEvent(BaseModel):
    """An event in the structured form of CloudEvents 1.0.

    Attributes:
        time: when it happened.
        sessionid: the session it belongs to (an extension attribute).
        data: what the type's schema asks for, and anything else that is flat.
    """

    model_config = ConfigDict(extra="allow")

    specversion: Literal["1.0"]
    id: str
    type: str
    source: str
    time: datetime
    subject: str | None = None
    sessionid: str | None = None
    datacontenttype: str | None = None
    data: dict[str, JsonValue] = {}
