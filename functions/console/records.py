"""The rows of each answer, for those who want a table."""

from collections.abc import Iterable, Iterator
from dataclasses import fields

from cairn.metrics.caching import Caching
from cairn.metrics.costs import Costs
from cairn.metrics.funnels import Funnels
from cairn.metrics.performance import Performance
from cairn.metrics.quality import Quality
from functions.console.answers import Experiments, Record


def operations(found: Performance) -> Iterable[Record]:
    """A row for each operation."""
    return map(_record, found.operations)


def models(found: Costs) -> Iterable[Record]:
    """A row for each model."""
    return map(_record, found.models)


def charges(found: Costs) -> Iterable[Record]:
    """A row for each flow."""
    return map(_record, found.flows)


def qualities(found: Quality) -> Iterable[Record]:
    """A row for each flow."""
    return map(_record, found.flows)


def plans(found: Caching) -> Iterable[Record]:
    """A row for each flow."""
    return map(_record, found.plans)


def steps(found: Funnels) -> Iterator[Record]:
    """A row for each step of each flow."""
    for funnel in found.flows:
        for step in funnel.steps:
            yield {"segment": funnel.segment, "flow": funnel.flow, **_record(step)}


def variations(found: Experiments) -> Iterable[Record]:
    """A row for each variation."""
    return map(_record, found.variations)


def _record(each: object) -> Record:
    return {field.name: getattr(each, field.name) for field in fields(each)}  # type: ignore[arg-type]  # all are dataclasses
