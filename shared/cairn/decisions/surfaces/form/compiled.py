"""A published flow in the form that is executed, compiled once per content."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from pydantic import ValidationError

from cairn.conditions.compile import compile_condition
from cairn.conditions.model import Condition
from cairn.configuration.model import Document
from cairn.decisions.surface import Unreadable
from cairn.decisions.surfaces.form.flow import FlowDocument
from cairn.decisions.surfaces.form.parts import (
    Adjustment,
    FormField,
    Persona,
    Rule,
    Step,
    Variant,
    When,
)

type Adjusted = tuple[tuple[Adjustment, Condition], ...]
"""A field's adjustments with their conditions, in order."""


@dataclass(frozen=True, slots=True)
class CompiledStep:
    """A step with its condition.

    Attributes:
        required: what must be shown and answered.
        sometimes: what else is required, and where.
    """

    step: Step
    applies: Condition
    required: frozenset[str]
    fields: frozenset[str]
    sometimes: tuple[tuple[str, Condition], ...] = ()


class CompiledRule(NamedTuple):
    """A rule whose condition is cut into clauses, so that one can tell which of them hold.

    Attributes:
        reads: the paths of its whole condition, sorted.
    """

    rule: Rule
    clauses: tuple[Condition, ...]
    reads: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """A flow that can be decided on; equal only to itself, so that texts can be kept by it.

    Attributes:
        version: of the published document.
        digest: of the published document.
        adjustments: by the id of each field that has some.
        paths: every attribute path that any of its conditions reads.
        personal_traits: which traits are masked.
        variants: the flow for each variation of its flag, or the id of another flow.
    """

    document: FlowDocument
    version: int
    digest: str
    steps: Mapping[str, CompiledStep]
    fields: Mapping[str, FormField]
    adjustments: Mapping[str, Adjusted]
    personas: tuple[tuple[Persona, Condition], ...]
    rules: tuple[CompiledRule, ...]
    paths: frozenset[str]
    personal_traits: frozenset[str]
    variants: Mapping[str, "Flow | str"] = field(default_factory=dict)


def published_flow(document: Document) -> Flow | Unreadable:
    """Compiles a published flow, or says that it cannot be."""
    try:
        flow = FlowDocument.model_validate_json(document.body)
    except ValidationError as error:
        return Unreadable(error.error_count())
    return compile_flow(flow, version=document.version, digest=document.digest)


def compile_flow(flow: FlowDocument, *, version: int, digest: str) -> Flow:
    """Compiles a valid flow."""
    adjustments = {
        field.id: tuple((each, compile_condition(each.when)) for each in field.adjustments)
        for step in flow.steps
        for field in step.fields
        if field.adjustments
    }
    steps = {step.id: _step(step, adjustments) for step in flow.steps}
    personas = tuple((each, compile_condition(each.when)) for each in flow.personas)
    rules = tuple(_rule(rule) for rule in flow.rules)
    conditions = [
        *(step.applies for step in steps.values()),
        *(condition for _, condition in personas),
        *(clause for rule in rules for clause in rule.clauses),
        *(condition for each in adjustments.values() for _, condition in each),
    ]
    compiled = Flow(
        document=flow,
        version=version,
        digest=digest,
        steps=steps,
        fields={field.id: field for step in flow.steps for field in step.fields},
        adjustments=adjustments,
        personas=personas,
        rules=rules,
        paths=frozenset[str]().union(*(condition.paths for condition in conditions)),
        personal_traits=frozenset(flow.personal_traits),
    )
    if flow.variants is None:
        return compiled
    variants = flow.variants.variations.items()
    return replace(
        compiled, variants={name: _variant(compiled, name, each) for name, each in variants}
    )


def _variant(flow: Flow, name: str, variant: Variant) -> Flow | str:
    """The flow as a variant has it; its digest says so, because caches tell flows apart by it."""
    if variant.flow is not None:
        return variant.flow
    told = variant.model_dump(include={"tiers", "prompt", "models"}, exclude_none=True)
    if variant.thresholds is not None:
        told["thresholds"] = variant.thresholds
    document = flow.document
    threshold = document.threshold if variant.threshold is None else variant.threshold
    cascade = document.cascade.model_copy(update=told)
    return replace(
        flow,
        document=document.model_copy(update={"threshold": threshold, "cascade": cascade}),
        digest=f"{flow.digest}~{name}",
    )


def _step(step: Step, adjustments: Mapping[str, Adjusted]) -> CompiledStep:
    return CompiledStep(
        step=step,
        applies=compile_condition(step.when),
        required=frozenset(field.id for field in step.fields if field.required),
        fields=frozenset(field.id for field in step.fields),
        sometimes=tuple(
            (field.id, condition)
            for field in step.fields
            for each, condition in adjustments.get(field.id, ())
            if each.required and not field.required
        ),
    )


def _rule(rule: Rule) -> CompiledRule:
    clauses = _clauses(rule.when)
    return CompiledRule(rule, clauses, paths_of(clauses))


def paths_of(clauses: Iterable[Condition]) -> tuple[str, ...]:
    """The paths that clauses read, sorted."""
    return tuple(sorted({path for clause in clauses for path in clause.paths}))


def _clauses(when: When) -> tuple[Condition, ...]:
    return tuple(compile_condition({key: value}) for key, value in when.items())
