"""The factors of a decision, computed from what was kept of it: the same record, the same factors.

Impacts:

    what decided                        its confidence
    persona, behavior                   half of that, where the rule that decided reads them
    a rule that was passed over         half of its confidence, times the share of its condition
                                        that held; negative where it leads elsewhere
    what a model said                   half of its confidence; negative where it said another step
    what was missing                    -0.25
    calls of models, experiments, the   0
    way through the tiers
"""

from collections.abc import Iterator
from typing import Final

from cairn.behavior.signals import Signals
from cairn.decisions.assigned_variation import AssignedVariation
from cairn.decisions.finding import Degraded, RuleTrace
from cairn.decisions.record import Record
from cairn.explanations.model import Factor
from cairn.explanations.models import INDIRECT, called, judged

OF_THE_VISIT: Final = frozenset({"abandonment_risk", "engagement"})
"""Signals that are not about the step alone."""

MISSING: Final = -0.25
"""How much a missing dependency takes from the certainty of a decision."""

PERSONA_PREFIX: Final = "persona."

OUTCOMES: Final = {
    "followed": "was followed",
    "unmet": "did not hold",
    "not_offered": "held, but the step it leads to could not be shown",
    "unsure": "held, but is less confident than the flow requires",
}


def factors(record: Record) -> tuple[Factor, ...]:
    """What spoke for a decision, and what against it; the weightiest first."""
    followed = next((each for each in record.evidence if each.outcome == "followed"), None)
    found = [
        *_decided(record),
        *_persona(record, followed),
        *_behavior(record.answer.behavior, record.answer.confidence, followed),
        *(_other(each, record.step) for each in record.evidence if each is not followed),
        *judged(record),
        *called(record),
        *map(_missing, record.degraded),
        *map(_placed, record.placed),
        _path(record),
    ]
    return tuple(sorted(found, key=lambda factor: -abs(factor.impact)))


def _decided(record: Record) -> Iterator[Factor]:
    for reason in record.answer.reasons:
        if not reason.code.startswith(PERSONA_PREFIX):
            yield Factor(
                code=reason.code, kind="decided", impact=record.answer.confidence, text=reason.text
            )


def _persona(record: Record, followed: RuleTrace | None) -> Iterator[Factor]:
    weight = INDIRECT * record.answer.confidence if _reads(followed, "persona") else 0.0
    for reason in record.answer.reasons:
        if reason.code.startswith(PERSONA_PREFIX):
            yield Factor(
                code=reason.code, kind="persona", impact=round(weight, 3), text=reason.text
            )


def _behavior(behavior: Signals, confidence: float, followed: RuleTrace | None) -> Iterator[Factor]:
    for name, value in behavior:
        read = _reads(followed, f"behavior.{name}")
        if value and (read or name in ("hesitations", "corrections")):
            reach = "so far" if name in OF_THE_VISIT else "on this step"
            yield Factor(
                code=f"behavior.{name}",
                kind="behavior",
                impact=round(INDIRECT * confidence, 3) if read else 0.0,
                text=f"{name.replace('_', ' ').capitalize()} {reach}: {value}.",
            )


def _other(rule: RuleTrace, step: str) -> Factor:
    weight = INDIRECT * rule.confidence * (rule.held / rule.clauses if rule.clauses else 1)
    because = f" (because of {', '.join(rule.unmet)})" if rule.unmet else ""
    return Factor(
        code=f"rule.{rule.id}",
        kind="other_rule",
        impact=round(weight if rule.leads_to == step else -weight, 3),
        text=f"The rule {rule.id}, which leads to {rule.leads_to}, "
        f"{OUTCOMES[rule.outcome]}{because}.",
    )


def _missing(degraded: Degraded) -> Factor:
    return Factor(
        code=f"degraded.{degraded.code}", kind="degraded", impact=MISSING, text=degraded.detail
    )


def _placed(placed: AssignedVariation) -> Factor:
    kept = ", as before" if placed.sticky else ""
    told = (
        "" if placed.served else "; it could not be served, so this does not count as an exposure"
    )
    return Factor(
        code=f"experiment.{placed.key}",
        kind="experiment",
        impact=0.0,
        text=f"The experiment {placed.key} gave the variation {placed.variation}{kept}{told}.",
    )


def _path(record: Record) -> Factor:
    way = ", ".join(f"{each.source}: {each.outcome}" for each in record.attempts)
    return Factor(
        code=f"source.{record.answer.source}",
        kind="path",
        impact=0.0,
        text=f"The tiers were asked in this order ({way.replace('_', ' ')}).",
    )


def _reads(rule: RuleTrace | None, path: str) -> bool:
    return rule is not None and path in rule.reads
