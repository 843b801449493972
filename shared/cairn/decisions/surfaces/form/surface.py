"""The form surface in the shape that the cascade knows."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from cairn.configuration.model import Kind, address
from cairn.decisions.surface import Surface
from cairn.decisions.surfaces.form.answers import faults
from cairn.decisions.surfaces.form.candidates import admits
from cairn.decisions.surfaces.form.case import case_of, inputs
from cairn.decisions.surfaces.form.compiled import Flow, published_flow
from cairn.decisions.surfaces.form.fallback import fallback
from cairn.decisions.surfaces.form.model import Case, Shown
from cairn.decisions.surfaces.form.plan import plan_of
from cairn.decisions.surfaces.form.revisiting import revisited, with_threshold
from cairn.decisions.surfaces.form.rules import rules
from cairn.decisions.surfaces.form.standing import steps
from cairn.platform.errors import Violation


def _persona(case: Case) -> str | None:
    return case.persona.id if case.persona else None


def _varied_by(flow: Flow) -> str | None:
    variants = flow.document.variants
    return variants.flag if variants else None


@lru_cache(maxsize=64)
def _named(flow: Flow) -> tuple[str, ...]:
    forms = (flow, *(each for each in flow.variants.values() if isinstance(each, Flow)))
    cascades = [each.document.cascade for each in forms]
    flows = [each for each in flow.variants.values() if isinstance(each, str)]
    addresses = (
        *(address(Kind.FLOW, each) for each in flows),
        *(address(Kind.PROMPT, each.prompt) for each in cascades),
        *(address(Kind.MODELS, each.models) for each in cascades),
    )
    return tuple(dict.fromkeys(addresses))


def _step(choice: Shown) -> str:
    return choice.step_id


def _faults(flows: Sequence[Flow], answers: Mapping[str, object]) -> list[Violation]:
    asked = {
        name: flow.fields[name]
        for flow in reversed(flows)
        for name in answers
        if name in flow.fields
    }
    return faults(asked, answers)


@lru_cache(maxsize=64)
def _personal(flow: Flow) -> frozenset[str]:
    return frozenset(name for name, field in flow.fields.items() if field.personal)


FORM: Final[Surface[Flow, Case, Shown]] = Surface(
    name="form",
    kind=Kind.FLOW,
    compile=published_flow,
    varied_by=_varied_by,
    variant=lambda flow, variation: flow.variants.get(variation),
    named=_named,
    faults=_faults,
    hesitation_ms=lambda flow: flow.document.hesitation_ms,
    personal=_personal,
    case=case_of,
    persona=_persona,
    inputs=inputs,
    admits=admits,
    rules=rules,
    fallback=fallback,
    step=_step,
    steps=steps,
    written=lambda choice: choice.model_dump(mode="json"),
    revisited=revisited,
    with_threshold=with_threshold,
    plan=plan_of,
)
