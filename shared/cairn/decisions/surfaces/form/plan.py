"""How a choice becomes what is shown."""

from cairn.decisions.surfaces.form.check import COMPLETE
from cairn.decisions.surfaces.form.model import Case, Plan, PlanCta, PlanField, Shown


def plan_of(case: Case, choice: Shown) -> Plan:
    """The plan of an admitted choice."""
    if choice.step_id == COMPLETE:
        return _completion(case)
    step = case.flow.steps[choice.step_id].step
    fields = [PlanField.model_validate(case.flow.fields[name]) for name in choice.field_ids]
    return Plan(
        step_id=step.id,
        title=step.title,
        progress=_progress(case),
        fields=tuple(fields),
        ctas=tuple(PlanCta.model_validate(cta) for cta in step.ctas),
    )


def _completion(case: Case) -> Plan:
    end = case.flow.document.completion
    return Plan(
        step_id=COMPLETE,
        title=end.title,
        progress=1.0,
        fields=(),
        ctas=tuple(PlanCta.model_validate(cta) for cta in end.ctas),
    )


def _progress(case: Case) -> float:
    concerned = [
        name for name, step in case.flow.steps.items() if step.applies.matches(case.attributes)
    ]
    return round(len(case.done.intersection(concerned)) / max(1, len(concerned)), 2)
