"""A kept decision as an explanation: at once, and without asking anybody."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cairn.decisions.record import Record
from cairn.explanations.factors import factors
from cairn.explanations.model import ExplanationView, Factor, Narrative

TOLD: Final = 3
"""How many of the factors for a decision, and against it, a narrative tells."""


def explained(record: Record, narrative: Narrative | None) -> ExplanationView:
    """The explanation of a decision."""
    answer = record.answer
    return ExplanationView(
        decision_id=answer.id,
        decided_at=record.decided_at,
        flow=answer.flow,
        flow_version=answer.flow_version,
        step=record.step,
        source=answer.source,
        confidence=answer.confidence,
        summary=_summary(record),
        factors=factors(record),
        narrative=narrative,
        trace_id=answer.trace_id,
    )


def templated(record: Record, now: datetime) -> Narrative:
    """A narrative by template: what decided, what else spoke for it, what against it."""
    found = factors(record)
    supporting = [each for each in found if each.impact > 0 and each.kind != "decided"]
    opposing = [each for each in found if each.impact < 0]
    paragraphs = [
        " ".join([_summary(record), *_texts([each for each in found if each.kind == "decided"])]),
        _paragraph("What also spoke for it:", supporting),
        _paragraph("What spoke against it:", opposing),
    ]
    text = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
    return Narrative(text=text, author="template", written_at=now)


def _summary(record: Record) -> str:
    answer = record.answer
    return (
        f"The step {record.step} of the flow {answer.flow} was chosen by {answer.source} "
        f"with a confidence of {answer.confidence:.0%}."
    )


def _paragraph(opening: str, found: Sequence[Factor]) -> str:
    return " ".join([opening, *_texts(found[:TOLD])]) if found else ""


def _texts(found: Sequence[Factor]) -> list[str]:
    return list(dict.fromkeys(each.text for each in found))
