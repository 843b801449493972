"""Whether a plan may be shown at all, judged by the flow as it is written and nothing else."""

from collections.abc import Mapping

from pydantic import JsonValue

from cairn.decisions.surfaces.form.flow import FlowDocument
from cairn.decisions.surfaces.form.parts import Step


def is_valid(plan: JsonValue, flow: FlowDocument) -> bool:
    """Whether a plan shows a step of the flow, with its required fields and no foreign ones."""
    if not isinstance(plan, Mapping):
        return False
    step = next((each for each in flow.steps if each.id == plan.get("step_id")), None)
    return step is not None and _fields_fit(plan, step) and _buttons_fit(plan, step)


def _fields_fit(plan: Mapping[str, JsonValue], step: Step) -> bool:
    known = {each.id: each for each in step.fields}
    shown = _named(plan.get("fields"), "id")
    required = {name for name, field in known.items() if field.required}
    return len(shown) == len(set(shown)) and required <= set(shown) <= set(known)


def _buttons_fit(plan: Mapping[str, JsonValue], step: Step) -> bool:
    return set(_named(plan.get("ctas"), "action")) <= {each.action for each in step.ctas}


def _named(parts: JsonValue, name: str) -> list[JsonValue]:
    listed = parts if isinstance(parts, list) else [None]
    return [each.get(name) if isinstance(each, dict) else None for each in listed]
