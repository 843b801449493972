"""Forms of events on the wire that no model of the concepts needs, for the description only."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, WithJsonSchema

from cairn.events.attributes import PATTERNS, AttributeSchema
from cairn.events.model import ATTRIBUTES, BATCH_EVENTS, Event
from cairn.events.registry import COMMON, REGISTRY, DeclaredType

type Json = dict[str, Any]  # Any: a JSON Schema


def _attribute(schema: AttributeSchema) -> Json:
    """An attribute's schema in JSON Schema's words."""
    if schema.form in PATTERNS:
        said: Json = {"type": "string", "description": f"Must be {schema.wanted}."}
    else:
        said = {"type": schema.form, "minimum": 0, "maximum": schema.high}
    unit = {"x-unit": schema.unit} if schema.unit else {}
    return {**said, **unit, "x-dimension": schema.dimension}


def _attributes(name: str, declared: DeclaredType) -> Json:
    schemas = {**declared.attributes, **COMMON}
    required = [each for each, schema in schemas.items() if schema.required]
    return {
        "title": name,
        "description": declared.says + (" Only secret keys report it." * declared.reserved),
        "type": "object",
        "properties": {each: _attribute(schema) for each, schema in schemas.items()},
        **({"required": required} if required else {}),
    }


_CUSTOM: Final[Json] = {
    "title": "custom.*",
    "description": "Any flat attributes, under a type of your own.",
    "type": "object",
    "maxProperties": ATTRIBUTES,
}

type EventAttributes = Annotated[
    dict[str, JsonValue],
    WithJsonSchema(
        {
            "description": "The attributes that the event's type requires, and any other flat "
            "ones; each of the schemas has the name of its type as title. `x-dimension` says "
            "whether an attribute may become a metric dimension. Texts that are not names are "
            "redacted.",
            "anyOf": [
                *(_attributes(name, declared) for name, declared in REGISTRY.items()),
                _CUSTOM,
            ],
        }
    ),
]
"""The attributes of every type in the registry."""


class PlainEvent(Event):
    """One thing that happened; attributes may also stand beside the other fields."""

    model_config = ConfigDict(extra="allow", title="Event")

    attributes: EventAttributes = Field(default={})  # type: ignore[assignment]  # as it is told


class PlainBatch(BaseModel):
    """Events in the plain form; `navigator.sendBeacon` sends it as text.

    Attributes:
        sent_at: when the sender sends this, by the clock that dated the events; what that clock
            misses is corrected.
    """

    model_config = ConfigDict(title="Events")

    events: Annotated[list[PlainEvent], Field(max_length=BATCH_EVENTS)]
    sent_at: datetime | None = None


class CloudEvent(BaseModel):
    """An event in the structured form of CloudEvents 1.0.

    Attributes:
        time: when it happened.
        sessionid: the session it belongs to (an extension attribute).
        sentat: when it is sent, by the sender's clock (an extension attribute); of a batch, the
            first one speaks for all.
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
    sentat: datetime | None = None
    datacontenttype: str | None = None
    data: EventAttributes = {}
