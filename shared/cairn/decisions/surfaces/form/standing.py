"""Where a visitor stands, as decisions remember it and as a model would see it."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from cairn.decisions.finding import StepStatus
from cairn.decisions.surfaces.form.model import Case

BOUNDS: Final[Mapping[str, Sequence[float]]] = {
    "hesitations": (1, 2, 4),
    "corrections": (1, 2, 4),
    "time_on_step_ms": (5_000, 20_000, 60_000),
    "engagement": (0.25, 0.5, 0.75),
    "abandonment_risk": (0.25, 0.5, 0.75),
}
"""Where the buckets of each signal begin; a signal that is not known has a bucket of its own."""


def steps(case: Case) -> Mapping[str, StepStatus]:
    """Where each step of the flow stands."""
    return {name: _standing(case, name) for name in case.flow.document.fallback_order}


def similar(case: Case) -> Mapping[str, JsonValue]:
    """What makes two cases alike to a model.

    Ids and buckets alone: the flow, the persona, the step on screen, the steps on offer, which
    fields are answered, and about how the visitor behaves. What was answered is left out, so that
    similar visitors meet; whatever is found is held against the whitelist of today's case.
    """
    session, behavior = case.attributes["session"], case.attributes["behavior"]
    known = session if isinstance(session, dict) else {}
    signals = behavior if isinstance(behavior, dict) else {}
    return {
        "flow": case.flow.digest,
        "persona": case.persona.id if case.persona else None,
        "step": known.get("step"),
        "offered": list(case.offered),
        "answered": known.get("answered"),
        "behavior": {name: bucket(name, signals.get(name)) for name in BOUNDS},
    }


def bucket(signal: str, value: JsonValue) -> int | None:
    """The number of the bucket that a signal's value falls into."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return bisect_right(BOUNDS[signal], value)


def _standing(case: Case, step: str) -> StepStatus:
    if step in case.offered:
        return "offered"
    return "done" if step in case.done else "not_concerned"
