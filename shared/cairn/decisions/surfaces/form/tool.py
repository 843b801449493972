"""The one tool that a model must call: a strict schema over what may be shown in this case."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from cairn.decisions.surfaces.form.candidates import ctas_of, may_complete
from cairn.decisions.surfaces.form.model import Case
from cairn.events.registry import COMPLETE
from cairn.llm.model import ToolSchema

TOOL: Final = "propose_next_step"

MOST_STEPS: Final = 30
"""Most steps that a model chooses among: providers bound the sizes of enums."""

MOST_FIELDS: Final = 300
"""The same of the fields of all these steps; the first step always has all of its own."""


def proposable(case: Case) -> tuple[str, ...]:
    """The steps that a model may choose among, `complete` among them where the flow may end."""
    names: list[str] = []
    fields = 0
    for name, step in case.offered.items():
        fields += len(step.fields)
        if names and (len(names) == MOST_STEPS or fields > MOST_FIELDS):
            break
        names.append(name)
    ends = [COMPLETE] if names and may_complete(case.offered) else []
    return (*names, *ends)


def tool_of(case: Case, steps: Sequence[str]) -> ToolSchema:
    """The tool over these steps of a case, in the form that strict mode wants.

    Strict mode (OpenAI, structured outputs): every property required, no additional ones, no
    bounds. What it cannot say, such as which field belongs to which step, the whitelist decides.

    Args:
        case: where the visitor stands.
        steps: at least one of `proposable`.
    """
    offered = [case.offered[name].step for name in steps if name != COMPLETE]
    fields = [field for step in offered for field in step.fields]
    actions = [cta.action for name in steps for cta in ctas_of(case, name)]
    properties: dict[str, JsonValue] = {
        "reasoning": {"type": "string", "description": "One short sentence: why this, now."},
        "step_id": _one_of(steps),
    }
    if fields:
        properties["fields"] = _list_of(
            _object(
                {
                    "id": _one_of(field.id for field in fields),
                    "kind": _one_of(field.kind for field in fields),
                }
            ),
            "The step's fields in the order to show them, every required one among them.",
        )
    properties["ctas"] = _list_of(_one_of(actions), "The step's buttons, the way on first.")
    properties["confidence"] = {"type": "number", "description": "0 to 1."}
    return ToolSchema(TOOL, "Proposes what this visitor should see next.", _object(properties))


def _object(properties: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _list_of(items: dict[str, JsonValue], description: str) -> dict[str, JsonValue]:
    return {"type": "array", "items": items, "description": description}


def _one_of(names: Iterable[str]) -> dict[str, JsonValue]:
    return {"type": "string", "enum": list[JsonValue](dict.fromkeys(names))}
