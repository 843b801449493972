"""Every type of event that is known by name, with its schema.

A new type is one entry here. Attributes beyond a type's schema are welcome: their texts are
redacted, and a workspace may declare them as metric dimensions. Those of the schema must fit it,
and say themselves whether they may become one. Types under `custom.` need no entry.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

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

SESSION_STARTED: Final = "session.started"
PAGE_VIEWED: Final = "page.viewed"
STEP_VIEWED: Final = "step.viewed"
STEP_COMPLETED: Final = "step.completed"
STEP_BACK: Final = "step.back"
FIELD_FOCUSED: Final = "field.focused"
FIELD_CHANGED: Final = "field.changed"
FIELD_BLURRED: Final = "field.blurred"
CONVERSION_COMPLETED: Final = "conversion.completed"
FEEDBACK_GIVEN: Final = "feedback.given"
EXPERIMENT_EXPOSED: Final = "experiment.exposed"
EXPERIMENT_ROLLED_BACK: Final = "experiment.rolled_back"
ERROR_RAISED: Final = "error.raised"
REQUEST_COMPLETED: Final = "request.completed"
DECISION_MADE: Final = "decision.made"
LLM_CALLED: Final = "llm.called"

COMPLETE: Final = "complete"
"""The step of a flow that every flow has by itself: nothing is left to ask."""

CUSTOM_PREFIX: Final = "custom."

VARIATION_PREFIX: Final = "variation."
"""`variation.<flag>`: the variation of a flag that was in force; may be a dimension."""

TRACE_ID: Final = "trace_id"
"""The trace of the request that reports an event, or the one that the sender says it belongs to."""

CLIENT_AT: Final = "client_at"
"""The time that the sender's clock told, where it was corrected."""

DAY_MS: Final = 24 * 60 * 60 * 1_000

MOST_TOKENS: Final = 1_000_000_000
MOST_USD: Final = 1_000_000
"""What one call of a model may need and cost, at most."""


class DeclaredType(NamedTuple):
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
_LATENCY: Final = number("ms", high=DAY_MS)
_BUCKETS: Final = ("uncached", "cached", "written", "output", "reasoning", "lost")
_STEP: Final = {"flow": label(), "step": label(required=True)}
_FIELD: Final = {"flow": label(), "step": label(), "field": label(required=True)}

REGISTRY: Final[Mapping[str, DeclaredType]] = {
    SESSION_STARTED: DeclaredType("A visit begins.", {"flow": label()}),
    "session.ended": DeclaredType("A visit ends.", {"duration_ms": _DURATION}),
    PAGE_VIEWED: DeclaredType(
        "A page was seen.",
        {"kind": label(), "path": AttributeSchema("path"), "duration_ms": _DURATION},
    ),
    STEP_VIEWED: DeclaredType("A step is on screen.", _STEP),
    STEP_COMPLETED: DeclaredType("A step was sent.", {**_STEP, "duration_ms": _DURATION}),
    STEP_BACK: DeclaredType("The visitor went back.", _STEP),
    FIELD_FOCUSED: DeclaredType("A field got the cursor.", _FIELD),
    FIELD_CHANGED: DeclaredType("A field got a value.", _FIELD),
    FIELD_BLURRED: DeclaredType("A field lost the cursor.", _FIELD),
    CONVERSION_COMPLETED: DeclaredType(
        "A goal of the visit was reached.",
        {"name": label(required=True), "flow": label(), "value": number()},
    ),
    FEEDBACK_GIVEN: DeclaredType(
        "The visitor gave a score.",
        {"score": number(required=True, high=100), "flow": label(), "step": label()},
    ),
    EXPERIMENT_EXPOSED: DeclaredType(
        "The sender showed a variation that a flag gave it.",
        {"experiment": label(required=True), "variation": label(required=True)},
    ),
    EXPERIMENT_ROLLED_BACK: DeclaredType(
        "Cairn switched an experiment's flag back to its control.",
        {
            "experiment": label(required=True),
            "flag": label(),
            "control": label(),
            "reason": name(required=True),
        },
        reserved=True,
    ),
    ERROR_RAISED: DeclaredType(
        "Something broke in front of the visitor; with `operation`, on the side of Cairn.",
        {"code": label(), "flow": label(), "step": label(), "operation": name()},
    ),
    REQUEST_COMPLETED: DeclaredType(
        "Cairn answered a request; its latency is measured up to this report.",
        {
            "operation": name(required=True),
            "status": integer("", high=599),
            "latency_ms": _LATENCY,
            "code": label(),
            "flow": label(),
        },
        reserved=True,
    ),
    DECISION_MADE: DeclaredType(
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
            "fields_shown": integer("fields", high=1_000),
            "degraded": name(),
            "cache": name(),
        },
        reserved=True,
    ),
    LLM_CALLED: DeclaredType(
        "A decision asked a model; all attempts at all providers are one call.",
        {
            "tier": name(required=True),
            "provider": name(required=True),
            "model": name(required=True),
            "outcome": name(required=True),
            "flow": label(),
            "flow_version": integer(""),
            "prompt": name(),
            "attempts": integer("", high=1_000),
            "latency_ms": _LATENCY,
            **{f"tokens_{bucket}": integer("tokens", MOST_TOKENS) for bucket in _BUCKETS},
            "cost_usd": number("USD", high=MOST_USD),
        },
        reserved=True,
    ),
    "quota.exceeded": DeclaredType(
        "A budget for models is spent; reported once per period.",
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
