"""What a workspace's telemetry document means for one event."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from cairn.events.model import Event
from cairn.events.registry import CUSTOM_PREFIX
from cairn.metrics.measures import DECISION_MADE, label
from cairn.metrics.model import OTHER, PAGE_KINDS, PageKind, TelemetryDocument

CONVERSION: Final = "conversion.completed"
PAGE_VIEWED: Final = "page.viewed"

type Steps = frozenset[str]
"""The steps of a published flow."""


def _names(kinds: Iterable[PageKind]) -> dict[str, str]:
    """The name of each value's kind."""
    return {value: kind.name for kind in kinds for value in kind.values}


@dataclass(frozen=True, slots=True)
class Declared:
    """A telemetry document in the form that the fold asks.

    Attributes:
        dimensions: the values of each dimension that are counted apart.
        limits: how many values an open dimension may have.
        segments: the dimensions by which operations, models and flows are counted too.
        conversions: the names of declared conversions.
        converting: which conversions an event type counts as, beside its own name.
        kinds: the kind of page that each value of `kind` stands for.
        custom_types: custom types that have a counter of their own.
        flows: the published flows; a visitor's events are counted in these only.
    """

    dimensions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)
    segments: tuple[str, ...] = ()
    conversions: frozenset[str] = frozenset()
    converting: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=lambda: _names(PAGE_KINDS))
    custom_types: frozenset[str] = frozenset()
    flows: Mapping[str, Steps] = field(default_factory=dict)

    def type_of(self, event: Event) -> str:
        """The type under which an event is counted."""
        if event.type in self.custom_types or not event.type.startswith(CUSTOM_PREFIX):
            return event.type
        return CUSTOM_PREFIX + OTHER

    def conversions_of(self, event: Event) -> tuple[str, ...]:
        """The conversions that an event is; each once."""
        names = self.converting.get(event.type, ())
        if event.type != CONVERSION:
            return names
        named = event.text("name")
        own = named if named in self.conversions else OTHER
        return (*names, own) if own not in names else names

    def kind_of(self, event: Event) -> str | None:
        """The kind of page that an event is a view of; None where it is no page view."""
        if event.type != PAGE_VIEWED:
            return None
        return self.kinds.get(event.text("kind") or "", OTHER)

    def value_of(self, dimension: str, event: Event) -> str | None:
        """The value of a dimension that an event shows, folded to the counted ones; or None."""
        shown = event.text(dimension)
        if shown is None:
            return None
        return shown if shown in self.dimensions[dimension] else OTHER

    def flow_of(self, event: Event) -> str | None:
        """The flow that an event is counted in; None where it is in none.

        A decision knows its flow and step. What a visitor says must be published, so that nobody
        can make up new ones from outside.
        """
        named = event.attributes.get("flow")
        if not isinstance(named, str) or not named:
            return None
        if event.type == DECISION_MADE:
            return label(event, "flow")
        steps = self.flows.get(named)
        step = event.attributes.get("step")
        return named if steps is not None and (step is None or step in steps) else None


NOTHING_DECLARED: Final = Declared()


def parse(body: str) -> Declared:
    """Compiles a published telemetry document from its JSON."""
    return declared(TelemetryDocument.model_validate_json(body))


def steps_of(body: str) -> Steps:
    """The steps of a published flow, from its JSON."""
    return frozenset(step["id"] for step in json.loads(body)["steps"])


def declared(document: TelemetryDocument) -> Declared:
    """Compiles a telemetry document; an open dimension has no values yet."""
    converting: dict[str, tuple[str, ...]] = {}
    for conversion in document.conversions:
        for event_type in conversion.events:
            converting[event_type] = (*converting.get(event_type, ()), conversion.name)
    return Declared(
        dimensions={each.name: frozenset(each.values or ()) for each in document.dimensions},
        limits={each.name: each.limit for each in document.dimensions if each.limit is not None},
        segments=tuple(each.name for each in document.dimensions if each.segments),
        conversions=frozenset(each.name for each in document.conversions),
        converting=converting,
        kinds=_names(document.page_kinds),
        custom_types=frozenset(document.custom_types),
    )
