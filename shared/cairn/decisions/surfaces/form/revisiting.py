"""A case made again from what a decision remembers of it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from pydantic import JsonValue

from cairn.decisions.surfaces.form.candidates import candidates, required_here
from cairn.decisions.surfaces.form.case import case_of_visit
from cairn.decisions.surfaces.form.compiled import Flow
from cairn.decisions.surfaces.form.model import Case, Visit


def revisited(
    flow: Flow,
    workspace: str,
    attributes: Mapping[str, JsonValue],
    known: bool,  # noqa: FBT001  # the surface's shape
) -> Case:
    """The case of a decision.

    Args:
        flow: the flow, of then or another one.
        workspace: whose it is.
        attributes: what conditions read then; personal values are masked.
        known: whether the flow is that of then: only it knows which steps were done, because a
            masked answer does not tell whether it was enough.
    """
    session = _part(attributes, "session")
    visit = Visit(
        answers=_part(attributes, "answers"),
        traits=_part(attributes, "subject"),
        step=cast("str | None", session["step"]),
        steps_seen=tuple(cast("list[str]", session["steps_seen"])),
        behavior=_part(attributes, "behavior"),
    )
    case = case_of_visit(workspace, flow, visit)
    done = frozenset(cast("list[str]", session["steps_done"]))
    if not known or case.done == done:
        return case
    steps = [required_here(flow.steps[name], attributes) for name in flow.document.fallback_order]
    offered = candidates(steps, attributes, done)
    persona = next((each for each, _ in flow.personas if each.id == attributes["persona"]), None)
    return replace(case, attributes=attributes, persona=persona, done=done, offered=offered)


def with_threshold(flow: Flow, threshold: float) -> Flow:
    """The flow with another least confidence of its rules."""
    document = flow.document.model_copy(update={"threshold": threshold})
    return replace(flow, document=document)


def _part(attributes: Mapping[str, JsonValue], name: str) -> dict[str, JsonValue]:
    return cast("dict[str, JsonValue]", attributes[name])
