"""Every type of event that is known by name, with its schema.

A new type is one entry here. Attributes beyond a type's schema are welcome (declared dimensions
are found among them); those of the schema must fit it. Types under `custom.` need no entry.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

CUSTOM_PREFIX: Final = "custom."

type Form = Literal["text", "integer", "number"]


@dataclass(frozen=True, slots=True)
class AttributeSchema:
    """What an attribute must look like.

    Attributes:
        form: text (not empty), a whole number, or any number; numbers are never negative.
        required: whether an event without it is refused.
        unit: what a number counts, such as `ms`; empty where it has none.
        high: the largest number that makes sense.
    """

    form: Form
    required: bool = False
    unit: str = ""
    high: float = 2**53 - 1


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


_NAME: Final = AttributeSchema("text", required=True)
_LABEL: Final = AttributeSchema("text")
_DAY_MS: Final = 24 * 60 * 60 * 1_000
_DURATION: Final = AttributeSchema("integer", unit="ms", high=_DAY_MS)
_TOKENS: Final = AttributeSchema("integer", unit="tokens")
_BUCKETS: Final = ("uncached", "cached", "written", "output", "reasoning", "lost")

REGISTRY: Final[Mapping[str, DeclaredType]] = {
    "session.started": DeclaredType("A visit begins.", {}),
    "session.ended": DeclaredType("A visit ends.", {"duration_ms": _DURATION}),
    "page.viewed": DeclaredType(
        "A page was seen.", {"kind": _LABEL, "path": _LABEL, "duration_ms": _DURATION}
    ),
    "step.viewed": DeclaredType("A step is on screen.", {"flow": _LABEL, "step": _NAME}),
    "step.completed": DeclaredType(
        "A step was sent.", {"flow": _LABEL, "step": _NAME, "duration_ms": _DURATION}
    ),
    "step.back": DeclaredType("The visitor went back.", {"flow": _LABEL, "step": _NAME}),
    "field.focused": DeclaredType("A field got the cursor.", {"field": _NAME, "step": _LABEL}),
    "field.changed": DeclaredType("A field got a value.", {"field": _NAME, "step": _LABEL}),
    "field.blurred": DeclaredType("A field lost the cursor.", {"field": _NAME, "step": _LABEL}),
    "conversion.completed": DeclaredType(
        "What the visit was wanted for.", {"name": _NAME, "value": AttributeSchema("number")}
    ),
    "feedback.given": DeclaredType(
        "The visitor gave a score.",
        {"score": AttributeSchema("number", required=True, high=100)},
    ),
    "error.raised": DeclaredType("Something broke in front of the visitor.", {"code": _LABEL}),
    "decision.made": DeclaredType(
        "Cairn decided what to show.",
        {
            "source": _NAME,
            "flow": _LABEL,
            "step": _LABEL,
            "latency_ms": AttributeSchema("number", unit="ms"),
        },
        reserved=True,
    ),
    "llm.called": DeclaredType(
        "A decision asked a model; all attempts at all providers are one call.",
        {
            "tier": _NAME,
            "provider": _NAME,
            "model": _NAME,
            "outcome": _NAME,
            "flow": _LABEL,
            "prompt": _LABEL,
            "attempts": AttributeSchema("integer"),
            "latency_ms": AttributeSchema("number", unit="ms"),
            **{f"tokens_{bucket}": _TOKENS for bucket in _BUCKETS},
            "cost_usd": AttributeSchema("number", unit="USD"),
        },
        reserved=True,
    ),
    "quota.exceeded": DeclaredType(
        "A budget for models is spent; told once in its period.",
        {
            "scope": _NAME,
            "period": _NAME,
            "limit": AttributeSchema("number"),
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


def fault(event_type: str, attributes: Mapping[str, object]) -> str | None:
    """The first way in which attributes miss their type's schema, as a sentence; None if none."""
    declared = REGISTRY.get(event_type)
    if declared is None:
        return None
    for name, schema in declared.attributes.items():
        value = attributes.get(name)
        if value is None and schema.required:
            return f"{event_type} needs the attribute {name}."
        if value is not None and not _fits(value, schema):
            return f"The attribute {name} of {event_type} must be {_wanted(schema)}."
    return None


def _fits(value: object, schema: AttributeSchema) -> bool:
    if schema.form == "text":
        return isinstance(value, str) and value != ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    whole = schema.form == "number" or isinstance(value, int)
    return whole and 0 <= value <= schema.high


def _wanted(schema: AttributeSchema) -> str:
    match schema.form:
        case "text":
            return "a text that is not empty"
        case "integer":
            return f"a whole number from 0 to {schema.high:.0f}"
        case "number":
            return f"a number from 0 to {schema.high:.0f}"
