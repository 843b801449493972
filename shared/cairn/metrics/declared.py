"""What a workspace's telemetry document means for one event."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, NamedTuple

from cairn.events.model import Event
from cairn.events.own import OPERATIONS
from cairn.events.registry import COMPLETE, CONVERSION_COMPLETED, CUSTOM_PREFIX, PAGE_VIEWED
from cairn.metrics.documents import PAGE_KINDS, PageKind, TelemetryDocument
from cairn.metrics.following import NOTHING_FOLLOWED, Following
from cairn.metrics.measures import NONE, label_of_model
from cairn.metrics.model import OTHER, PUBLISHED_MODELS, SEGMENT_VALUES, STEPS_APART


def _names(kinds: Iterable[PageKind]) -> dict[str, str]:
    """The name of each value's kind."""
    return {value: kind.name for kind in kinds for value in kind.values}


class PublishedFlow(NamedTuple):
    """What is counted of a published flow.

    Attributes:
        steps: all of its steps; a visitor's events are counted in these only.
        apart: the steps that decisions count by name: the first `STEPS_APART`, and its end.
        personas: those that are counted by name: the first `SEGMENT_VALUES`, and nobody's.
    """

    steps: frozenset[str]
    apart: frozenset[str]
    personas: frozenset[str]


@dataclass(frozen=True, slots=True)
class Declared:
    """A telemetry document in the form that the fold asks, and what else bounds its counters.

    Attributes:
        dimensions: the values of each dimension that are counted apart.
        limits: how many values an open dimension may have.
        segments: the dimensions by which operations, models and flows are counted too.
        conversions: the names of declared conversions.
        converting: which conversions an event type counts as, beside its own name.
        kinds: the kind of page that each value of `kind` stands for.
        custom_types: custom types that have a counter of their own.
        flows: the published flows; a visitor's events are counted in these only.
        operations: the operations of requests that are counted apart: Cairn's own, and others.
        models: the models that are counted apart, each after its provider: those that are
            published, and others.
        following: the experiments that have started.
    """

    dimensions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)
    segments: tuple[str, ...] = ()
    conversions: frozenset[str] = frozenset()
    converting: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=lambda: _names(PAGE_KINDS))
    custom_types: frozenset[str] = frozenset()
    flows: Mapping[str, PublishedFlow] = field(default_factory=dict)
    operations: frozenset[str] = OPERATIONS
    models: frozenset[str] = frozenset()
    following: Following = NOTHING_FOLLOWED

    def type_of(self, event: Event) -> str:
        """The type under which an event is counted."""
        if event.type in self.custom_types or not event.type.startswith(CUSTOM_PREFIX):
            return event.type
        return CUSTOM_PREFIX + OTHER

    def conversions_of(self, event: Event) -> tuple[str, ...]:
        """The conversions that an event is; each once."""
        names = self.converting.get(event.type, ())
        if event.type != CONVERSION_COMPLETED:
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


NOTHING_DECLARED: Final = Declared()


def parse(body: str) -> Declared:
    """Compiles a published telemetry document from its JSON."""
    return declared(TelemetryDocument.model_validate_json(body))


def parse_flow(body: str) -> PublishedFlow:
    """What is counted of a published flow, from its JSON."""
    document = json.loads(body)
    steps, personas = document["steps"], document.get("personas", ())
    return published_flow([each["id"] for each in steps], [each["id"] for each in personas])


def parse_models(body: str) -> tuple[str, ...]:
    """The models of a published `models` document, each after its provider, from its JSON."""
    providers = json.loads(body)["providers"]
    return tuple(label_of_model(each["id"], each["model"]) for each in providers)


def published_models(documents: Iterable[Sequence[str]]) -> frozenset[str]:
    """Those of all documents that are counted apart: the first `PUBLISHED_MODELS`."""
    models = dict.fromkeys(model for document in documents for model in document)
    return frozenset(islice(models, PUBLISHED_MODELS))


def published_flow(steps: Sequence[str], personas: Sequence[str] = ()) -> PublishedFlow:
    """What is counted of a flow with these steps and personas."""
    return PublishedFlow(
        steps=frozenset(steps),
        apart=frozenset((*steps[:STEPS_APART], COMPLETE)),
        personas=frozenset((*personas[:SEGMENT_VALUES], NONE)),
    )


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
