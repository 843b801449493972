"""Words for models that are easy to read in tests: the form surface's own parser left out."""

from typing import Final

from cairn.decisions.model_port import Order, Words
from cairn.decisions.proposal import Fault, Moment, Proposal
from cairn.decisions.surfaces.form.compiled import Flow
from cairn.decisions.surfaces.form.model import Case, Shown
from cairn.decisions.surfaces.form.model_words import FORM_WORDS
from cairn.decisions.surfaces.form.standing import similar
from cairn.llm.model import ChoiceAsk, ChoiceReply, ToolAsk, ToolReply, ToolSchema

NONE: Final = "(none)"
SCHEMA: Final = ToolSchema("propose_next_step", "Proposes.", {})


def proposed(case: Case, step: str, confidence: float) -> Proposal[Shown]:
    """A step with all its fields."""
    fields = tuple(field.id for field in case.flow.steps[step].step.fields)
    return Proposal(Shown(step_id=step, field_ids=fields), confidence, "Because it fits.")


def _ask(case: Case, moment: Moment) -> ToolAsk | None:  # noqa: ARG001  # the shape of words
    offered = ", ".join(case.offered)
    return ToolAsk("system", offered, SCHEMA, 100) if offered else None


def _question(case: Case, moment: Moment) -> ChoiceAsk | None:  # noqa: ARG001  # the same
    return ChoiceAsk("context", "Which?", (*case.offered, NONE)) if case.offered else None


def _read(case: Case, reply: ToolReply) -> Proposal[Shown] | Fault:
    """`STEP CONFIDENCE`, or the code of a fault."""
    step, _, confidence = (reply.arguments or "").partition(" ")
    if not confidence:
        return Fault("invalid_json", "It is not JSON.")
    if step not in case.flow.steps:
        return Fault("outside_whitelist", "It is not on offer.")
    return proposed(case, step, float(confidence))


def _chosen(case: Case, reply: ChoiceReply) -> Proposal[Shown] | Fault:
    likeliest = max(reply.probabilities, key=lambda name: reply.probabilities[name])
    if likeliest == NONE:
        return Fault("none_of_these", "None of them.")
    return proposed(case, likeliest, reply.probabilities[likeliest])


def words(order: Order | None) -> Words[Flow, Case, Shown]:
    """Plain words for a cascade of this order; of each flow's own, where there is none."""
    return Words(
        order=FORM_WORDS.order if order is None else lambda _: order,
        similar=similar,
        ask=_ask,
        read=_read,
        question=_question,
        chosen=_chosen,
    )
