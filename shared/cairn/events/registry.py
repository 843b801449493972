"""Every type of event that is known by name, with its schema.

A new type is one entry here. Attributes beyond a type's schema are welcome: their texts are
redacted, and a workspace may declare them as metric dimensions. Those of the schema must fit it,
and say themselves whether they may become one. Types under `custom.` need no entry.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cairn.events.attributes import (
    VARIATION,
    AttributeSchema,
    integer,
    is_label,
    label,
    name,
    number,
)
from cairn.events.personal import says_personal

CUSTOM_PREFIX: Final = "custom."

VARIATION_PREFIX: Final = "variation."
"""`variation.<flag>`: the variation of a flag that was in force; may be a dimension."""

TRACE_ID: Final = "trace_id"
"""The trace of the request that reports an event, or the one that the sender says it belongs to."""

CLIENT_AT: Final = "client_at"
"""The time that the sender's clock told, where it was corrected."""

DAY_MS: Final = 24 * 60 * 60 * 1_000


@dataclass(frozen=True, slots=True)
class DeclaredType:
    """A type of event.

    Attributes:
        says: when a sender reports it, in one sentence.
        attributes: the schema of its own attributes.
        reserved: whether only Cairn and secret keys may report it.
    """

    says: str
    attributes: Mapping[str, AttributeSchema]
    reserved: bool = False


COMMON: Final[Mapping[str, AttributeSchema]] = {TRACE_ID: AttributeSchema("trace")}
"""What events of every type may have, custom ones too."""

_DURATION: Final = integer("ms", DAY_MS)
_LATENCY: Final = number("ms")
_BUCKETS: Final = ("uncached", "cached", "written", "output", "reasoning", "lost")
_STEP: Final = {"flow": label(), "step": label(required=True)}
_FIELD: Final = {"flow": label(), "step": label(), "field": label(required=True)}

REGISTRY: Final[Mapping[str, DeclaredType]] = {
    "session.started": DeclaredType("A visit begins.", {"flow": label()}),
    "session.ended": DeclaredType("A visit ends.", {"duration_ms": _DURATION}),
    "page.viewed": DeclaredType(
        "A page was seen.",
        {"kind": label(), "path": AttributeSchema("path"), "duration_ms": _DURATION},
    ),
    "step.viewed": DeclaredType("A step is on screen.", _STEP),
    "step.completed": DeclaredType("A step was sent.", {**_STEP, "duration_ms": _DURATION}),
    "step.back": DeclaredType("The visitor went back.", _STEP),
    "field.focused": DeclaredType("A field got the cursor.", _FIELD),
    "field.changed": DeclaredType("A field got a value.", _FIELD),
    "field.blurred": DeclaredType("A field lost the cursor.", _FIELD),
    "conversion.completed": DeclaredType(
        "What the visit was wanted for.",
        {"name": label(required=True), "flow": label(), "value": number()},
    ),
    "feedback.given": DeclaredType(
        "The visitor gave a score.",
        {"score": number(required=True, high=100), "flow": label(), "step": label()},
    ),
    "experiment.exposed": DeclaredType(
        "A variation was shown that the sender was given by a flag.",
        {"experiment": label(required=True), "variation": label(required=True)},
    ),
    "experiment.rolled_back": DeclaredType(
        "Cairn switched an experiment's flag back to its control.",
        {
            "experiment": label(required=True),
            "flag": label(),
            "control": label(),
            "reason": name(required=True),
        },
        reserved=True,
    ),
    "error.raised": DeclaredType(
        "Something broke in front of the visitor; with `operation`, on the side of Cairn.",
        {"code": label(), "flow": label(), "step": label(), "operation": name()},
    ),
    "request.completed": DeclaredType(
        "Cairn answered a request; its latency is what had passed when this was reported.",
        {
            "operation": name(required=True),
            "status": integer("", high=599),
            "latency_ms": _LATENCY,
            "code": label(),
            "flow": label(),
        },
        reserved=True,
    ),
    "decision.made": DeclaredType(
        "Cairn decided what to show.",
        {
            "source": name(required=True),
            "surface": name(),
            "flow": label(),
            "flow_version": integer(""),
            "step": label(),
            "sent": label(),
            "persona": label(),
            "confidence": number(high=1),
            "latency_ms": _LATENCY,
            "fields_shown": integer("fields"),
            "degraded": name(),
            "cache": name(),
        },
        reserved=True,
    ),
    "llm.called": DeclaredType(
        "A decision asked a model; all attempts at all providers are one call.",
        {
            "tier": name(required=True),
            "provider": name(required=True),
            "model": name(required=True),
            "outcome": name(required=True),
            "flow": label(),
            "flow_version": integer(""),
            "prompt": name(),
            "attempts": integer(""),
            "latency_ms": _LATENCY,
            **{f"tokens_{bucket}": integer("tokens") for bucket in _BUCKETS},
            "cost_usd": number("USD"),
        },
        reserved=True,
    ),
    "quota.exceeded": DeclaredType(
        "A budget for models is spent; told once in its period.",
        {
            "scope": name(required=True),
            "period": name(required=True, dimension=False),
            "limit": number(),
        },
        reserved=True,
    ),
}


def known(event_type: str) -> bool:
    """Whether events of this type are taken."""
    return event_type in REGISTRY or event_type.startswith(CUSTOM_PREFIX)


def reserved(event_type: str) -> bool:
    """Whether a publishable key may not report it."""
    declared = REGISTRY.get(event_type)
    return declared is not None and declared.reserved


def schema_of(event_type: str) -> Mapping[str, AttributeSchema]:
    """The schemas of a type's attributes, without those that all types have."""
    declared = REGISTRY.get(event_type)
    return declared.attributes if declared else {}


def may_be_dimension(attribute: str) -> bool:
    """Whether an attribute may tell sessions apart in metrics.

    What the registry declares says so itself, in every type that has it; variations may; what a
    workspace brings along may, unless its name says that it is personal.
    """
    declared = [
        each.attributes[attribute] for each in REGISTRY.values() if attribute in each.attributes
    ]
    if attribute in {*COMMON, CLIENT_AT}:
        return False
    return all(each.dimension for each in declared) if declared else not says_personal(attribute)


def fault(event_type: str, attributes: Mapping[str, object]) -> str | None:
    """The first way in which attributes miss their type's schema, as a sentence; None if none."""
    for attribute, schema in schema_of(event_type).items():
        value = attributes.get(attribute)
        if value is None:
            if schema.required:
                return f"{event_type} needs the attribute {attribute}."
        elif not schema.fits(value):
            return f"The attribute {attribute} of {event_type} must be {schema.wanted}."
    return _common_fault(attributes)


def _common_fault(attributes: Mapping[str, object]) -> str | None:
    if CLIENT_AT in attributes:
        return f"The attribute {CLIENT_AT} is Cairn's own."
    trace = attributes.get(TRACE_ID)
    if trace is not None and not COMMON[TRACE_ID].fits(trace):
        return f"The attribute {TRACE_ID} must be {COMMON[TRACE_ID].wanted}."
    for attribute in _variations(tuple(attributes)):
        value = attributes[attribute]
        if isinstance(value, str) and not is_label(value, VARIATION):
            return f"The attribute {attribute} must name a variation."
    return None


@lru_cache(maxsize=1_024)
def _variations(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(each for each in names if each.startswith(VARIATION_PREFIX))
