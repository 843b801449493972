"""What is valid and yet not what anybody means: found before it is published."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cairn.configuration.model import Kind, address
from cairn.decisions.surfaces.form.flow import FlowDocument
from cairn.decisions.surfaces.form.parts import CascadeSettings
from infra.configuration.authored import Authored
from infra.configuration.lint_personal import exposed, unlike
from infra.configuration.possible import imaginable, reachable
from infra.configuration.problems import Problem

BACK: Final = frozenset({"back", "previous", "cancel"})
"""Buttons that lead nowhere new."""

MODELS: Final = frozenset({"choice", "llm"})
"""The tiers that send something to a model."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to look at.

    Attributes:
        pointer: JSON pointer into the flow.
        error: whether it may not be published.
    """

    pointer: str
    code: str
    message: str
    error: bool = False


def errors(authored: Sequence[Authored]) -> Iterator[Problem]:
    """What may not be published."""
    return (problem for problem, remark in _told(authored) if remark.error)


def warnings(authored: Sequence[Authored]) -> Iterator[Problem]:
    """What may be published, and should be looked at."""
    return (problem for problem, remark in _told(authored) if not remark.error)


def remarks(flow: FlowDocument) -> Iterator[Remark]:
    """Everything there is to say of one flow by itself."""
    yield from _unreachable(flow)
    yield from _without_exit(flow)
    yield from _silent_rules(flow)
    yield from _order(flow)
    asks = any(MODELS.intersection(each.tiers) for _, each in _cascades(flow))
    for pointer, message, certain in exposed(flow):
        where = "; a model would see it" if asks else ""
        yield Remark(pointer, "personal", f"{message}{where}", error=asks and certain)


def _told(authored: Sequence[Authored]) -> Iterator[tuple[Problem, Remark]]:
    known = {each.address for each in authored}
    flows = {each.id: each.model for each in authored if isinstance(each.model, FlowDocument)}
    for each in authored:
        if isinstance(each.model, FlowDocument):
            told = (*_unpublished(each.model, known), *_unlike(each.model, flows))
            for remark in (*remarks(each.model), *told):
                text = f"{remark.message} [{remark.code}]"
                yield each.written.problem(remark.pointer, text), remark


def _unreachable(flow: FlowDocument) -> Iterator[Remark]:
    reached, possible = reachable(flow)[1], imaginable(flow)
    for place, step in enumerate(flow.steps):
        at = f"/steps/{place}/when"
        if step.id not in possible:
            message = f"nobody can reach {step.id!r}: its condition never holds"
            yield Remark(at, "unreachable_step", message, error=True)
        elif step.id not in reached:
            message = (
                f"{step.id!r} waits for answers that are only asked in it, or in steps that wait"
                " for it; only visitors who bring them along reach it"
            )
            yield Remark(at, "waiting_cycle", message)


def _without_exit(flow: FlowDocument) -> Iterator[Remark]:
    for place, step in enumerate(flow.steps):
        if BACK.issuperset(each.action for each in step.ctas):
            message = f"{step.id!r} only leads back: a cycle without an exit"
            yield Remark(f"/steps/{place}/ctas", "no_exit", message, error=True)


def _silent_rules(flow: FlowDocument) -> Iterator[Remark]:
    world, reached = reachable(flow)
    known = {step.id for step in flow.steps}
    for place, rule in enumerate(flow.rules):
        at = f"/rules/{place}"
        if not world.holds(rule.when):
            yield Remark(f"{at}/when", "silent_rule", f"{rule.id!r} never applies")
        elif rule.step in known - reached:
            message = f"{rule.id!r} leads to a step that nobody reaches"
            yield Remark(f"{at}/step", "silent_rule", message)
        elif rule.confidence < flow.threshold:
            message = f"{rule.id!r} is never confident enough: the flow requires {flow.threshold:g}"
            yield Remark(f"{at}/confidence", "silent_rule", message)


def _order(flow: FlowDocument) -> Iterator[Remark]:
    if not flow.order and len(flow.steps) > 1:
        message = "there is no `order`: the fallback follows the order in which steps are written"
        yield Remark("", "missing_order", message)


def _unpublished(flow: FlowDocument, known: set[str]) -> Iterator[Remark]:
    """What the flow's model tiers need besides it, in each of its variants."""
    for at, cascade in _cascades(flow):
        if not MODELS.intersection(cascade.tiers):
            continue
        models = address(Kind.MODELS, cascade.models) in known
        if address(Kind.PROMPT, cascade.prompt) not in known:
            message = f"there is no prompt {cascade.prompt!r}, so no model is asked"
            yield Remark(f"{at}/prompt", "unknown_prompt", message, error=models)
        if not models:
            message = "there are no models among these documents, so none is asked"
            yield Remark(f"{at}/tiers", "no_models", message)


def _unlike(flow: FlowDocument, flows: Mapping[str, FlowDocument]) -> Iterator[Remark]:
    """What would be personal until another flow takes this one's place, or only then."""
    variants = flow.variants.variations if flow.variants else {}
    for name, each in variants.items():
        other = flows.get(each.flow or "")
        for told in sorted(unlike(flow, other)) if other else ():
            message = f"{told!r} is personal in only one of {flow.id!r} and {each.flow!r}"
            yield Remark(f"/variants/variations/{name}/flow", "personal", message, error=True)


def _cascades(flow: FlowDocument) -> Iterator[tuple[str, CascadeSettings]]:
    """Where each cascade of a flow stands, and what it is there: its own, and its variants'."""
    yield "/cascade", flow.cascade
    variants = flow.variants.variations if flow.variants else {}
    for name, each in variants.items():
        told = each.model_dump(include={"tiers", "prompt", "models"}, exclude_none=True)
        if told:
            yield f"/variants/variations/{name}", flow.cascade.model_copy(update=told)
