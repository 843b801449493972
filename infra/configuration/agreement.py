"""What documents must agree on with each other.

Flags, flows and experiments do as `cairn.experiments.publishable` says; alerts watch only what
telemetry counts.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from cairn.alerts.model import AlertDocument
from cairn.events.registry import CUSTOM_PREFIX, REGISTRY
from cairn.experiments.publishable import Together, faults
from cairn.metrics.documents import TelemetryDocument
from cairn.metrics.model import CONVERSIONS, EVENTS, OTHER, PAGE_VIEWS, SESSIONS
from infra.configuration.authored import Authored
from infra.configuration.problems import Problem

NOTHING_DECLARED: Final = TelemetryDocument()


def disagreements(authored: Sequence[Authored], now: datetime) -> Iterator[Problem]:
    """Every place where one document speaks of something that no other declares."""
    declared = [each.model for each in authored if isinstance(each.model, TelemetryDocument)]
    telemetry = declared[0] if declared else NOTHING_DECLARED
    found = faults(Together.of([each.document for each in authored]), now)
    for each in authored:
        for broken in found.get(each.address, ()):
            yield each.written.problem(broken.pointer, broken.detail)
        if isinstance(each.model, AlertDocument):
            for pointer, message in _of_alert(each.model, telemetry):
                yield each.written.problem(pointer, message)


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
