"""What may be shown: the whitelist that every choice is held against, whoever made it."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from cairn.conditions.model import Attributes
from cairn.decisions.surfaces.form.check import COMPLETE
from cairn.decisions.surfaces.form.compiled import CompiledStep, Flow
from cairn.decisions.surfaces.form.model import Case, Shown


def candidates(
    flow: Flow, attributes: Attributes, done: AbstractSet[str]
) -> Mapping[str, CompiledStep]:
    """The steps that concern a visitor and still ask for something, in fallback order."""
    return {
        name: flow.steps[name]
        for name in flow.document.fallback_order
        if name not in done and flow.steps[name].applies.matches(attributes)
    }


def may_complete(offered: Mapping[str, CompiledStep]) -> bool:
    """Whether a flow may end here: no step on offer has a required field."""
    return not any(step.required for step in offered.values())


def admits(case: Case, choice: Shown) -> bool:
    """Whether a choice may be shown: a step on offer, its required fields, no foreign ones."""
    if choice.step_id == COMPLETE:
        return may_complete(case.offered) and not choice.field_ids
    step = case.offered.get(choice.step_id)
    if step is None or len(set(choice.field_ids)) != len(choice.field_ids):
        return False
    return step.required <= set(choice.field_ids) <= step.fields
