"""How a visit becomes a case: masked, measured, and with its persona."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache

from pydantic import JsonValue

from cairn.behavior.signals import Signals
from cairn.conditions.paths import Reader, reader
from cairn.decisions.session import Session
from cairn.decisions.surfaces.form.answers import given, satisfies
from cairn.decisions.surfaces.form.candidates import candidates, required_here
from cairn.decisions.surfaces.form.compiled import CompiledStep, Flow
from cairn.decisions.surfaces.form.condition_scope import PERSONA
from cairn.decisions.surfaces.form.model import Case, Visit
from cairn.decisions.surfaces.form.parts import Persona
from cairn.llm.personal_values import told, without

GIVEN = True
"""What stands in the place of a personal value."""


def case_of(flow: Flow, session: Session, signals: Signals) -> Case:
    """The case of a session; nothing after this sees a personal value."""
    visit = Visit(
        answers=session.answers,
        traits=session.traits,
        step=session.step,
        steps_seen=session.steps_seen,
        behavior=signals.model_dump(),
    )
    return case_of_visit(session.workspace, flow, visit)


def case_of_visit(workspace: str, flow: Flow, visit: Visit) -> Case:
    """The case of a visit, wherever it is known from."""
    answers = _answers(flow, visit.answers)
    known: dict[str, JsonValue] = {
        "answers": answers,
        "subject": _masked(visit.traits, flow.personal_traits),
    }
    steps = [required_here(flow.steps[name], known) for name in flow.document.fallback_order]
    done = frozenset(each.step.id for each in steps if _done(each, visit))
    attributes: dict[str, JsonValue] = {
        **known,
        "session": _session(visit, answers, done),
        "behavior": dict(visit.behavior),
    }
    persona = _persona(flow, attributes)
    attributes[PERSONA] = persona.id if persona else None
    return Case(
        workspace=workspace,
        flow=flow,
        attributes=attributes,
        persona=persona,
        done=done,
        offered=candidates(steps, attributes, done),
        hide=_hiding(flow, visit),
    )


def inputs(case: Case) -> Mapping[str, JsonValue]:
    """Everything that the rules of the case's flow read: see `Surface.inputs`."""
    session = case.attributes["session"]
    return {
        "flow": case.flow.digest,
        "session": session,
        "read": [[path, read(case.attributes)] for path, read in _readers(case.flow.paths)],
    }


@lru_cache(maxsize=64)
def _readers(paths: frozenset[str]) -> tuple[tuple[str, Reader], ...]:
    """Every path with what reads it, by name; the persona follows from the others."""
    return tuple((path, reader(path)) for path in sorted(paths - {PERSONA}))


def _answers(flow: Flow, answers: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    known = {name: value for name, value in answers.items() if name in flow.fields and given(value)}
    return _masked(known, (name for name in known if flow.fields[name].personal))


def _masked(values: Mapping[str, JsonValue], personal: Iterable[str]) -> dict[str, JsonValue]:
    return {**values, **{name: GIVEN for name in personal if name in values}}


def _hiding(flow: Flow, visit: Visit) -> Callable[[str], str]:
    """Takes the visit's personal values out of texts; looks for them when the first one comes.

    Answers to fields that the flow does not have are of another one, a variation's or a former
    version's: they count as personal, for nobody here can tell.
    """

    @cache
    def personal() -> frozenset[str]:
        answers = [value for name, value in visit.answers.items() if _is_personal(flow, name)]
        return told([*answers, *(visit.traits.get(name) for name in flow.personal_traits)])

    return lambda text: without(personal(), text)


def _is_personal(flow: Flow, answer: str) -> bool:
    field = flow.fields.get(answer)
    return field is None or field.personal


def _session(visit: Visit, answered: Iterable[str], done: Iterable[str]) -> dict[str, JsonValue]:
    return {
        "step": visit.step,
        "steps_seen": list(visit.steps_seen),
        "steps_done": [*sorted(done)],
        "answered": [*sorted(answered)],
    }


def _done(compiled: CompiledStep, visit: Visit) -> bool:
    """Whether a step asks for nothing any more.

    With required fields: all of them are answered, shown or not. Without: it was shown before.
    """
    if not compiled.required:
        return compiled.step.id in visit.steps_seen
    return all(
        satisfies(field, visit.answers.get(field.id))
        for field in compiled.step.fields
        if field.id in compiled.required
    )


def _persona(flow: Flow, attributes: Mapping[str, JsonValue]) -> Persona | None:
    holding = (each for each, condition in flow.personas if condition.matches(attributes))
    return next(holding, None)
