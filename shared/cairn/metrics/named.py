"""What an event names of operations, models, flows, steps and such, as it is counted.

These vocabularies are counted by name, whether a workspace declares anything or not; so each has
a bound, and whoever sends events cannot make counters without end:

    operations                      Cairn's own, and the first others that ever come
    models                          those that are published, and the first others that ever come;
                                    see `cairn.metrics.admitted`
    flows, steps, personas          those that are published
    sources, caches, tiers          those that there are

What lies beyond is counted as `other`, and in `folded.<vocabulary>`, how many events named it.
"""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from cairn.events.model import Event, Parcel
from cairn.events.registry import (
    DECISION_MADE,
    FEEDBACK_GIVEN,
    LLM_CALLED,
    REQUEST_COMPLETED,
    STEP_BACK,
    STEP_COMPLETED,
    STEP_VIEWED,
)
from cairn.metrics.declared import Declared, PublishedFlow, published_flow
from cairn.metrics.measures import NONE, label, model_label
from cairn.metrics.model import OTHER
from cairn.metrics.series import (
    CACHES,
    COMPLETION_US,
    DECIDE,
    FLOWS,
    MODEL_TIER,
    MODELS,
    OPERATIONS,
    PERSONA,
    PERSONAS,
    SCORE,
    SOURCES,
    STEPS,
    TIERS,
    TOKENS_IN,
    TOKENS_OUT,
)

DECIDERS: Final = frozenset({"cache", "rules", "choice", "llm", "fallback"})
LAYERS: Final = frozenset({"L1", "L2", NONE})
ASKING: Final = frozenset({"choice", "llm"})
"""The tiers that ask a model."""

TAKEN: Final = frozenset({DECIDE, TOKENS_IN, TOKENS_OUT, COMPLETION_US, SCORE, OTHER})
"""Names of other operations and sketches, which no request has; nor any under `model.`."""

UNPUBLISHED: Final[PublishedFlow] = published_flow(())

type Word = tuple[str, str, Container[object]]
"""A vocabulary, the attribute that names a word of it, and the words that are counted apart."""


class Named(NamedTuple):
    """An event with its names as they are counted.

    Attributes:
        event: the event; what is not counted apart is named `other` in it.
        flow: the flow that it belongs to; None where it is in none, or names none.
        folded: the vocabularies of which it named something else.
    """

    event: Event
    flow: str | None = None
    folded: tuple[str, ...] = ()


def named(event: Event, declared: Declared) -> Named:
    """An event as it is counted.

    A decision and a model call are believed: where their flow is not published, they count in
    `other`. What a visitor says must be published, so that nobody begins a flow from outside.
    """
    rule = _RULES.get(event.type)
    return Named(event) if rule is None else rule(event, declared)


def operations_in(parcel: Parcel) -> Iterator[str]:
    """The operations that the requests of a parcel were, in order."""
    for event in parcel.events:
        if event.type == REQUEST_COMPLETED:
            operation = label(event, "operation")
            if operation not in TAKEN and not operation.startswith(MODEL_TIER):
                yield operation


def models_in(parcel: Parcel) -> Iterator[str]:
    """The models that were called, in order."""
    return (model_label(event) for event in parcel.events if event.type == LLM_CALLED)


def _request(event: Event, declared: Declared) -> Named:
    if label(event, "operation") in declared.operations:
        return Named(event)
    return Named(_renamed(event, ["operation"]), None, (OPERATIONS,))


def _decision(event: Event, declared: Declared) -> Named:
    flow = event.text("flow")
    if flow is None:
        return Named(event)
    known = declared.flows.get(flow, UNPUBLISHED)
    return _bounded(
        event,
        (
            (FLOWS, "flow", declared.flows),
            (STEPS, "step", known.apart),
            (STEPS, "sent", known.apart),
            (PERSONAS, PERSONA, known.personas),
            (SOURCES, "source", DECIDERS),
            (CACHES, "cache", LAYERS),
        ),
    )


def _call(event: Event, declared: Declared) -> Named:
    called = _bounded(event, ((FLOWS, "flow", declared.flows), (TIERS, "tier", ASKING)))
    if model_label(event) in declared.models:
        return called
    renamed = _renamed(called.event, ["provider", "model"])
    return Named(renamed, called.flow, (*called.folded, MODELS))


def _step(event: Event, declared: Declared) -> Named:
    flow = declared.flows.get(event.text("flow") or "")
    if flow is None or event.attributes.get("step") not in flow.steps:
        return Named(event)
    return _bounded(event, ((STEPS, "step", flow.apart),))


def _feedback(event: Event, declared: Declared) -> Named:
    name, step = event.text("flow"), event.text("step")
    flow = declared.flows.get(name or "")
    known = flow is not None and (step is None or step in flow.steps)
    return Named(event, name if known else None)


def _bounded(event: Event, words: Sequence[Word]) -> Named:
    """The event with `other` in place of what is not counted apart."""
    told = event.attributes
    beyond = [each for each in words if each[1] in told and told[each[1]] not in each[2]]
    if not beyond:
        return Named(event, event.text("flow"))
    renamed = _renamed(event, [name for _, name, _ in beyond])
    return Named(renamed, renamed.text("flow"), tuple(dict.fromkeys(each[0] for each in beyond)))


def _renamed(event: Event, names: Sequence[str]) -> Event:
    return event.model_copy(
        update={"attributes": {**event.attributes, **dict.fromkeys(names, OTHER)}}
    )


_RULES: Final[Mapping[str, Callable[[Event, Declared], Named]]] = {
    DECISION_MADE: _decision,
    LLM_CALLED: _call,
    REQUEST_COMPLETED: _request,
    STEP_VIEWED: _step,
    STEP_COMPLETED: _step,
    STEP_BACK: _step,
    FEEDBACK_GIVEN: _feedback,
}
