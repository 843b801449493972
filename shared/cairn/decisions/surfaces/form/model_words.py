"""The form surface's words for models, in the shape that the model tiers know."""

from typing import Final

from cairn.decisions.model_port import Order, Words
from cairn.decisions.surfaces.form.compiled import Flow
from cairn.decisions.surfaces.form.model import Case, Shown
from cairn.decisions.surfaces.form.parse import chosen, parsed
from cairn.decisions.surfaces.form.prompt import ask_of, choice_of
from cairn.decisions.surfaces.form.standing import similar


def _order(flow: Flow) -> Order:
    cascade = flow.document.cascade
    return Order(
        tiers=cascade.tiers,
        choice=cascade.thresholds.choice,
        llm=cascade.thresholds.llm,
        prompt=cascade.prompt,
        models=cascade.models,
    )


FORM_WORDS: Final[Words[Flow, Case, Shown]] = Words(
    order=_order,
    similar=similar,
    ask=ask_of,
    read=parsed,
    question=choice_of,
    chosen=chosen,
)
