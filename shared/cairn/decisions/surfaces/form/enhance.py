"""The deterministic finish of every plan, whoever chose it; never a field of its own."""

from typing import cast

from pydantic import JsonValue

from cairn.conditions.paths import reader
from cairn.decisions.surfaces.form.answers import fault, given
from cairn.decisions.surfaces.form.candidates import ctas_of
from cairn.decisions.surfaces.form.model import Case, PlanField, PlanOption, Shown
from cairn.decisions.surfaces.form.parts import AnswerValue, FormField
from cairn.events.registry import COMPLETE


def completed(case: Case, choice: Shown) -> Shown:
    """A choice of a step on offer with what may not be left out, within the flow's limits.

    Required fields that are missing stand in the flow's order behind the others; the step's first
    button, where it is missing, before them. Optional fields beyond the limit go, the last first.
    """
    return choice.model_copy(
        update={"field_ids": _fields(case, choice), "cta_actions": _buttons(case, choice)}
    )


def enhanced(case: Case, choice: Shown) -> tuple[PlanField, ...]:
    """The fields of an admitted choice: defaults, placeholders, requirements and options.

    All of it comes from the flow and the case; nothing of it from a model.
    """
    if choice.step_id == COMPLETE:
        return ()
    required = case.offered[choice.step_id].required
    fields = [case.flow.fields[name] for name in choice.field_ids]
    return tuple(_shown(case, each, required=each.id in required) for each in fields)


def _fields(case: Case, choice: Shown) -> tuple[str, ...]:
    if choice.step_id == COMPLETE:
        return ()
    step = case.offered[choice.step_id]
    missing = [
        each.id
        for each in step.step.fields
        if each.id in step.required and each.id not in choice.field_ids
    ]
    names = [*choice.field_ids, *missing]
    limit = case.flow.document.limits.fields
    optional = [name for name in names if name not in step.required]
    surplus = 0 if limit is None else min(len(optional), max(0, len(names) - limit))
    left_out = set(optional[len(optional) - surplus :])
    return tuple(name for name in names if name not in left_out)


def _buttons(case: Case, choice: Shown) -> tuple[str, ...] | None:
    if choice.cta_actions is None:
        return None
    first = [each.action for each in ctas_of(case, choice.step_id)][:1]
    missing = [action for action in first if action not in choice.cta_actions]
    return (*missing, *choice.cta_actions)


def _shown(case: Case, field: FormField, *, required: bool) -> PlanField:
    holding = [
        adjustment
        for adjustment, condition in case.flow.adjustments.get(field.id, ())
        if condition.matches(case.attributes)
    ]
    placeholders = (each.placeholder for each in holding if each.placeholder is not None)
    defaults = [each.default for each in holding if each.default is not None]
    options = _options(case, field)
    return PlanField(
        id=field.id,
        kind=field.kind,
        label=field.label,
        required=required,
        default=_among(options, defaults[0] if defaults else _default(case, field)),
        placeholder=next(placeholders, field.placeholder),
        options=options,
        validators=field.validators,
    )


def _default(case: Case, field: FormField) -> AnswerValue | None:
    """What is known already, where it would be a valid answer; else the field's own default."""
    if field.default_from is None:
        return field.default
    known: JsonValue = reader(field.default_from)(case.attributes)
    if not given(known) or fault(field, known) is not None:
        return field.default
    return cast("AnswerValue", known)


def _options(case: Case, field: FormField) -> tuple[PlanOption, ...] | None:
    """The options for this persona, what was chosen already among them; all, if none would be."""
    if field.options is None:
        return None
    persona = case.persona.id if case.persona else None
    answer = reader(f"answers.{field.id}")(case.attributes)
    chosen = answer if isinstance(answer, list) else [answer]
    fitting = [
        each
        for each in field.options
        if not each.personas or persona in each.personas or each.value in chosen
    ]
    unclear = field.personal and given(answer)
    kept = field.options if unclear or not fitting else fitting
    return tuple(PlanOption(each.value, each.label) for each in kept)


def _among(
    options: tuple[PlanOption, ...] | None, default: AnswerValue | None
) -> AnswerValue | None:
    """A default that is on offer; None otherwise."""
    if options is None or default is None:
        return default
    chosen = default if isinstance(default, list) else [default]
    return default if set(chosen) <= {each.value for each in options} else None
