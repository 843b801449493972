"""How a choice becomes what is shown."""

from cairn.decisions.surfaces.form.candidates import ctas_of
from cairn.decisions.surfaces.form.enhance import enhanced
from cairn.decisions.surfaces.form.model import Case, Plan, PlanCta, Shown
from cairn.events.registry import COMPLETE


def plan_of(case: Case, choice: Shown) -> Plan:
    """The plan of an admitted choice."""
    end = choice.step_id == COMPLETE
    flow = case.flow
    return Plan(
        step_id=choice.step_id,
        title=flow.document.completion.title if end else flow.steps[choice.step_id].step.title,
        progress=1.0 if end else _progress(case),
        fields=enhanced(case, choice),
        ctas=_ctas(case, choice),
    )


def _ctas(case: Case, choice: Shown) -> tuple[PlanCta, ...]:
    own = ctas_of(case, choice.step_id)
    if choice.cta_actions is not None:
        own = tuple(each for name in choice.cta_actions for each in own if each.action == name)
    return tuple(PlanCta(each.action, each.label) for each in own)


def _progress(case: Case) -> float:
    concerned = [
        name for name, step in case.flow.steps.items() if step.applies.matches(case.attributes)
    ]
    return round(len(case.done.intersection(concerned)) / max(1, len(concerned)), 2)
