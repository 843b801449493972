"""What may be shown: the whitelist that every choice is held against, whoever made it."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from cairn.conditions.model import Attributes
from cairn.decisions.surfaces.form.compiled import CompiledStep
from cairn.decisions.surfaces.form.model import Case, Shown
from cairn.decisions.surfaces.form.parts import Cta
from cairn.events.registry import COMPLETE


def required_here(step: CompiledStep, known: Attributes) -> CompiledStep:
    """The step with what it requires of this visitor, by answers and traits."""
    more = {name for name, condition in step.sometimes if condition.matches(known)}
    return replace(step, required=step.required | more) if more else step


def candidates(
    steps: Iterable[CompiledStep], attributes: Attributes, done: AbstractSet[str]
) -> Mapping[str, CompiledStep]:
    """The steps that concern a visitor and still ask for something, in the order they come in."""
    return {
        each.step.id: each
        for each in steps
        if each.step.id not in done and each.applies.matches(attributes)
    }


def may_complete(offered: Mapping[str, CompiledStep]) -> bool:
    """Whether a flow may end here: no step on offer has a required field."""
    return not any(step.required for step in offered.values())


def ctas_of(case: Case, step_id: str) -> tuple[Cta, ...]:
    """The buttons of a step on offer, or of the end."""
    if step_id == COMPLETE:
        return case.flow.document.completion.ctas
    return case.offered[step_id].step.ctas


def admits(case: Case, choice: Shown) -> bool:
    """Whether a choice may be shown.

    It is a step on offer with its required fields, no foreign ones, and buttons of its own, the
    first of them always among them: it is the way on.
    """
    if choice.step_id == COMPLETE:
        return may_complete(case.offered) and not choice.field_ids and _admits_buttons(case, choice)
    step = case.offered.get(choice.step_id)
    if step is None or _repeats(choice.field_ids):
        return False
    return step.required <= set(choice.field_ids) <= step.fields and _admits_buttons(case, choice)


def _admits_buttons(case: Case, choice: Shown) -> bool:
    if choice.cta_actions is None:
        return True
    own = [each.action for each in ctas_of(case, choice.step_id)]
    inside = set(own[:1]) <= set(choice.cta_actions) <= set(own)
    return inside and not _repeats(choice.cta_actions)


def _repeats(names: Sequence[str]) -> bool:
    return len(set(names)) != len(names)
