"""What documents must agree on with each other.

Alerts watch only what telemetry counts; experiments split by flags and are judged by metrics that
are there.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Final

from cairn.alerts.model import AlertDocument
from cairn.decisions.surfaces.form.flow import FlowDocument
from cairn.decisions.surfaces.form.parts import Variants
from cairn.events.registry import CUSTOM_PREFIX, REGISTRY
from cairn.experiments.check import Surroundings, check_surroundings, crowded
from cairn.experiments.model import RUNNING, ExperimentDocument, MetricDocument
from cairn.flags.model import FlagDocument
from cairn.metrics.model import (
    CONVERSIONS,
    EVENTS,
    OTHER,
    PAGE_VIEWS,
    SESSIONS,
    TelemetryDocument,
)
from infra.configuration.authored import Authored
from infra.configuration.problems import Problem

NOTHING_DECLARED: Final = TelemetryDocument()


def disagreements(authored: Sequence[Authored]) -> Iterator[Problem]:
    """Every place where one document speaks of something that no other declares."""
    declared = [each.model for each in authored if isinstance(each.model, TelemetryDocument)]
    telemetry = declared[0] if declared else NOTHING_DECLARED
    for each in authored:
        if isinstance(each.model, AlertDocument):
            for pointer, message in _of_alert(each.model, telemetry):
                yield each.written.problem(pointer, message)
    yield from _of_experiments(authored, telemetry)
    yield from _of_flows(authored)


def _of_experiments(
    authored: Sequence[Authored], telemetry: TelemetryDocument
) -> Iterator[Problem]:
    models = [each.model for each in authored]
    metrics = {each.id: each for each in models if isinstance(each, MetricDocument)}
    surroundings = Surroundings(
        flags={each.id: each for each in models if isinstance(each, FlagDocument)},
        metrics=metrics,
        dimensions=frozenset(each.name for each in telemetry.dimensions),
    )
    experiments = [each for each in models if isinstance(each, ExperimentDocument)]
    late = crowded(experiments, metrics)
    for each in authored:
        if isinstance(each.model, ExperimentDocument):
            for broken in check_surroundings(each.model, surroundings):
                yield each.written.problem(broken.pointer, broken.detail)
            if each.model in late:
                detail = f"{RUNNING} experiments go on already when this one starts"
                yield each.written.problem("/started", detail)


def _of_flows(authored: Sequence[Authored]) -> Iterator[Problem]:
    models = [each.model for each in authored]
    flags = {each.id: each for each in models if isinstance(each, FlagDocument)}
    flows = {each.id for each in models if isinstance(each, FlowDocument)}
    for each in authored:
        if isinstance(each.model, FlowDocument) and each.model.variants is not None:
            for pointer, message in _of_variants(each.model.variants, flags, flows):
                yield each.written.problem(f"/variants{pointer}", message)


def _of_variants(
    variants: Variants, flags: Mapping[str, FlagDocument], flows: Container[str]
) -> Iterator[tuple[str, str]]:
    flag = flags.get(variants.flag)
    if flag is None:
        yield "/flag", f"there is no flag {variants.flag}"
    for name, variant in variants.variations.items():
        if flag is not None and name not in flag.values:
            yield f"/variations/{name}", f"the flag {flag.id} has no variation {name}"
        if variant.flow is not None and variant.flow not in flows:
            yield f"/variations/{name}/flow", f"there is no flow {variant.flow}"


def _of_alert(alert: AlertDocument, telemetry: TelemetryDocument) -> Iterator[tuple[str, str]]:
    for counter in alert.expression.counters:
        fault = _of_counter(counter, telemetry)
        if fault is not None:
            yield "/metric", fault
        elif alert.group and not _is_grouped(counter):
            yield "/metric", f"{counter} is not counted by dimension; sessions and conversions are"
    for dimension, value in (alert.group or {}).items():
        fault = _of_group(dimension, value, telemetry)
        if fault is not None:
            yield f"/group/{dimension}", fault


def _of_counter(counter: str, telemetry: TelemetryDocument) -> str | None:
    if counter in {SESSIONS, PAGE_VIEWS}:
        return None
    if counter.startswith(EVENTS):
        counted = {*REGISTRY, *telemetry.custom_types, CUSTOM_PREFIX + OTHER}
        name = counter.removeprefix(EVENTS)
        return None if name in counted else f"no event type {name} has a counter"
    if counter.startswith(CONVERSIONS):
        names = {OTHER, *(each.name for each in telemetry.conversions)}
        name = counter.removeprefix(CONVERSIONS)
        return None if name in names else f"telemetry declares no conversion {name}"
    known = f"{SESSIONS}, {PAGE_VIEWS}, {EVENTS}<type>, {CONVERSIONS}<name>"
    return f"there is no counter {counter}; there are {known}"


def _is_grouped(counter: str) -> bool:
    return counter == SESSIONS or counter.startswith(CONVERSIONS)


def _of_group(dimension: str, value: str, telemetry: TelemetryDocument) -> str | None:
    declared = {each.name: each.values for each in telemetry.dimensions}
    if dimension not in declared:
        return f"telemetry declares no dimension {dimension}"
    values = declared[dimension]
    if values is not None and value not in {*values, OTHER}:
        return f"telemetry declares no value {value!r} of {dimension}"
    return None
