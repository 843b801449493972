"""Builders of flows and visits for tests."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import JsonValue

from cairn.behavior.signals import Signals
from cairn.configuration.model import Document, Kind, Snapshot, address, digest_of
from cairn.decisions.surfaces.form.case import case_of_visit
from cairn.decisions.surfaces.form.compiled import Flow, compile_flow
from cairn.decisions.surfaces.form.flow import FlowDocument
from cairn.decisions.surfaces.form.model import Case, Visit

type Written = dict[str, Any]  # Any: a document as someone writes it, right or wrong

EXAMPLE: Final = Path(__file__).parents[1] / "infra" / "examples" / "onboarding" / "flow.yaml"
ONBOARDING: Final[Mapping[str, Any]] = yaml.safe_load(EXAMPLE.read_text())  # Any: the same

BODY: Final = json.dumps(ONBOARDING)
SNAPSHOT: Final = Snapshot(
    "demo",
    1,
    {address(Kind.FLOW, "onboarding"): Document(Kind.FLOW, "onboarding", 1, BODY, digest_of(BODY))},
)
"""The example flow, published."""

CALM: Final = Signals(
    hesitations=0, corrections=0, time_on_step_ms=0, abandonment_risk=None, engagement=0.0
)


def field(name: str, kind: str = "text", **more: object) -> Written:
    """A field; choices get two options."""
    options = {"options": ["a", "b"]} if kind in ("select", "multiselect") else {}
    return {"id": name, "kind": kind, "label": name, **options, **more}


def step(name: str, *fields: Written, **more: object) -> Written:
    """A step with one button."""
    ctas = [{"action": "continue", "label": "Go on"}]
    return {"id": name, "title": name, "fields": list(fields), "ctas": ctas, **more}


def rule(name: str, leads_to: str, /, when: Written | None = None, **more: object) -> Written:
    """A rule that always holds, unless told when."""
    sure = {"confidence": 0.9, "reason": f"Because of {name}."}
    return {"id": name, "step": leads_to, "when": when or {}, **sure, **more}


def flow(*steps: Written, **more: object) -> Written:
    """A flow of these steps."""
    required = {"kind": "flow", "id": "test", "title": "Test", "completion": {"title": "Done"}}
    return {**required, "steps": list(steps), **more}


def compiled(document: Mapping[str, Any]) -> Flow:  # Any: a document as someone writes it
    """A flow, ready to decide on."""
    return compile_flow(FlowDocument.model_validate(document), version=1, digest="d" * 64)


def case(
    document: Mapping[str, Any],  # Any: the same
    *,
    answers: Mapping[str, JsonValue] | None = None,
    traits: Mapping[str, JsonValue] | None = None,
    seen: tuple[str, ...] = (),
    behavior: Signals = CALM,
) -> Case:
    """The case of a visitor in a flow; the step on screen is the last one seen."""
    visit = Visit(
        answers=answers or {},
        traits=traits or {},
        step=seen[-1] if seen else None,
        steps_seen=seen,
        behavior=behavior.model_dump(),
    )
    return case_of_visit("demo", compiled(document), visit)
