"""What always answers: the next step in the flow's own order."""

from typing import Final

from cairn.decisions.finding import Finding, Reason
from cairn.decisions.surfaces.form.model import Case, Shown
from cairn.decisions.surfaces.form.rules import DONE, persona_reasons
from cairn.events.registry import COMPLETE

CONFIDENCE: Final = 0.5
"""The flow's order is a reasonable guess, and no more."""


def fallback(case: Case) -> Finding[Shown]:
    """The first step on offer with all its fields, or the end of the flow."""
    first = next(iter(case.offered.values()), None)
    if first is None:
        done = Shown(step_id=COMPLETE, field_ids=())
        return Finding(choice=done, confidence=1.0, reasons=(DONE,))
    every_field = tuple(field.id for field in first.step.fields)
    ordered = Reason(code="flow.order", text="No rule applied, so the flow's own order decides.")
    return Finding(
        choice=Shown(step_id=first.step.id, field_ids=every_field),
        confidence=CONFIDENCE,
        reasons=(*persona_reasons(case), ordered),
    )
