"""The state machine of alerts: inactive → pending → firing → resolved, as pure functions.

A transition into firing or resolved leaves a notice in the state as undelivered. The state is
written first, under its version, and the notice is told after that by whoever wrote it; so two
checks at once tell it once, and a crash between the two leaves it to the next check.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import ge, gt, le, lt
from typing import Final, Literal

from pydantic import JsonValue

from cairn.alerts.model import BUS, AlertDocument, Operator, duration
from cairn.alerts.state import AlertState, Notice, Phase, Reading, Undelivered
from cairn.conditions.model import Test
from cairn.platform.ids import derived_id

SLACK: Final = timedelta(seconds=10)
"""Schedules tick a little early or late; a span of minutes is over this much before its end."""

COMPARE: Final[Mapping[Operator, Callable[[float, float], bool]]] = {
    ">": gt,
    ">=": ge,
    "<": lt,
    "<=": le,
}

type Reason = Literal["threshold", "no_data", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Rule:
    """An alert rule, ready to be evaluated."""

    document: AlertDocument
    holds: Test


@dataclass(frozen=True, slots=True)
class Moment:
    """Where and when a check takes place."""

    workspace: str
    environment: str
    now: datetime


def is_breached(rule: Rule, reading: Reading, moment: Moment) -> bool:
    """Whether the rule's threshold is passed and its condition holds."""
    document = rule.document
    if reading.value is None:
        passed = document.on_no_data == "alert"
    else:
        passed = COMPARE[document.operator](reading.value, document.threshold)
    return passed and rule.holds(_attributes(document, reading, moment))


def advance(rule: Rule, state: AlertState, reading: Reading, moment: Moment) -> AlertState:
    """The state after one check; the same object where nothing changes."""
    breached = is_breached(rule, reading, moment)
    phase = _phase(rule.document, state, moment.now, breached=breached)
    if phase is state.phase:
        return state
    entered = state.model_copy(update={"phase": phase, "since": moment.now})
    if phase is Phase.FIRING:
        return _fire(rule.document, entered, reading, moment)
    return _resolve(entered, reading, moment) if state.phase is Phase.FIRING else entered


def withdraw(state: AlertState, moment: Moment) -> AlertState:
    """The state of an alert whose rule is gone: what fired is resolved, for whoever was told."""
    if state.phase is Phase.INACTIVE:
        return state
    idle = state.model_copy(update={"phase": Phase.INACTIVE, "since": moment.now})
    return _resolve(idle, None, moment) if state.phase is Phase.FIRING else idle


def _phase(document: AlertDocument, state: AlertState, now: datetime, *, breached: bool) -> Phase:
    if not breached:
        quiet = state.phase in {Phase.FIRING, Phase.RESOLVED}
        return Phase.RESOLVED if quiet else Phase.INACTIVE
    if state.phase is Phase.FIRING:
        return Phase.FIRING
    began = state.since if state.phase is Phase.PENDING and state.since else now
    waited = _is_over(began, document.pending, now)
    cooled = state.resolved_at is None or _is_over(state.resolved_at, document.cooldown, now)
    return Phase.FIRING if waited and cooled else Phase.PENDING


def _is_over(began: datetime, span: str, now: datetime) -> bool:
    return now - began >= duration(span) - SLACK


def _fire(
    document: AlertDocument, state: AlertState, reading: Reading, moment: Moment
) -> AlertState:
    notice = _notice(document, state, reading, moment)
    told = Undelivered(notice=notice, channels=(BUS, *document.channels))
    return state.model_copy(update={"fired": told, "undelivered": (*state.undelivered, told)})


def _resolve(state: AlertState, reading: Reading | None, moment: Moment) -> AlertState:
    changes: dict[str, object] = {"resolved_at": moment.now, "fired": None}
    if state.fired is not None:
        told = _resolution(state.fired, state, reading, moment)
        changes["undelivered"] = (*state.undelivered, told)
    return state.model_copy(update=changes)


def _resolution(
    fired: Undelivered, state: AlertState, reading: Reading | None, moment: Moment
) -> Undelivered:
    value = reading.value if reading else None
    notice = fired.notice.model_copy(
        update={
            "id": _notice_id("resolved", state, moment),
            "transition": "resolved",
            "reason": _reason(value) if reading else "withdrawn",
            "value": value,
            "at": moment.now,
        }
    )
    return fired.model_copy(update={"notice": notice})


def _notice(document: AlertDocument, state: AlertState, reading: Reading, moment: Moment) -> Notice:
    return Notice(
        id=_notice_id("firing", state, moment),
        workspace=moment.workspace,
        environment=moment.environment,
        alert=document.id,
        transition="firing",
        reason=_reason(reading.value),
        severity=document.severity,
        description=document.description,
        metric=document.metric,
        group=document.group,
        window=document.window,
        operator=document.operator,
        threshold=document.threshold,
        value=reading.value,
        at=moment.now,
    )


def _notice_id(transition: str, state: AlertState, moment: Moment) -> str:
    version = str(state.version)
    return derived_id("alr", moment.now, moment.workspace, state.alert, transition, version)


def _reason(value: float | None) -> Reason:
    return "no_data" if value is None else "threshold"


def _attributes(document: AlertDocument, reading: Reading, moment: Moment) -> dict[str, JsonValue]:
    known: dict[str, JsonValue] = {
        "value": reading.value,
        "samples": reading.samples,
        "severity": document.severity,
        "environment": moment.environment,
        "weekday": moment.now.isoweekday(),
        "hour": moment.now.hour,
    }
    return {**(document.group or {}), **known}
