"""A published flow in the form that is executed, compiled once per content."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from cairn.conditions.compile import compile_condition
from cairn.conditions.model import Condition
from cairn.configuration.model import Document
from cairn.decisions.surface import Unreadable
from cairn.decisions.surfaces.form.flow import FlowDocument
from cairn.decisions.surfaces.form.parts import FormField, Persona, Rule, Step, When


@dataclass(frozen=True, slots=True)
class CompiledStep:
    """A step with its condition."""

    step: Step
    applies: Condition
    required: frozenset[str]
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule whose condition is cut into clauses, so that one can tell which of them hold."""

    rule: Rule
    clauses: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow that can be decided on.

    Attributes:
        version: of the published document.
        digest: of the published document.
        paths: every attribute path that any of its conditions reads.
        personal_traits: which traits are masked.
    """

    document: FlowDocument
    version: int
    digest: str
    steps: Mapping[str, CompiledStep]
    fields: Mapping[str, FormField]
    personas: tuple[tuple[Persona, Condition], ...]
    rules: tuple[CompiledRule, ...]
    paths: frozenset[str]
    personal_traits: frozenset[str]


def published_flow(document: Document) -> Flow | Unreadable:
    """Compiles a published flow, or says that it cannot be."""
    try:
        flow = FlowDocument.model_validate_json(document.body)
    except ValidationError as error:
        return Unreadable(error.error_count())
    return compile_flow(flow, version=document.version, digest=document.digest)


def compile_flow(flow: FlowDocument, *, version: int, digest: str) -> Flow:
    """Compiles a valid flow."""
    steps = {step.id: _step(step) for step in flow.steps}
    personas = tuple((each, compile_condition(each.when)) for each in flow.personas)
    rules = tuple(CompiledRule(rule, _clauses(rule.when)) for rule in flow.rules)
    conditions = [
        *(step.applies for step in steps.values()),
        *(condition for _, condition in personas),
        *(clause for rule in rules for clause in rule.clauses),
    ]
    return Flow(
        document=flow,
        version=version,
        digest=digest,
        steps=steps,
        fields={field.id: field for step in flow.steps for field in step.fields},
        personas=personas,
        rules=rules,
        paths=frozenset[str]().union(*(condition.paths for condition in conditions)),
        personal_traits=frozenset(flow.personal_traits),
    )


def _step(step: Step) -> CompiledStep:
    return CompiledStep(
        step=step,
        applies=compile_condition(step.when),
        required=frozenset(field.id for field in step.fields if field.required),
        fields=frozenset(field.id for field in step.fields),
    )


def _clauses(when: When) -> tuple[Condition, ...]:
    return tuple(compile_condition({key: value}) for key, value in when.items())
