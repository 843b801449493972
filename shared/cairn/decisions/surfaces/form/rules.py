"""The fast path: the first rule that holds, is sure enough, and leads to what may be shown."""

from collections.abc import Iterable, Sequence

from cairn.conditions.model import Condition
from cairn.decisions.finding import Finding, Pass, Reason, RuleTrace
from cairn.decisions.limits import NEAREST_MISSES
from cairn.decisions.surfaces.form.candidates import admits
from cairn.decisions.surfaces.form.check import COMPLETE
from cairn.decisions.surfaces.form.compiled import CompiledRule
from cairn.decisions.surfaces.form.model import Case, Shown
from cairn.decisions.surfaces.form.parts import Rule

DONE = Reason(code="flow.completed", text="Nothing is left to ask.")


def rules(case: Case) -> Finding[Shown] | Pass:
    """What the flow's rules say.

    Returns:
        The finding of the first rule that can be followed, or the end of a flow in which nothing
        is left to ask; otherwise a `no_rule`. Both with the rules that came closest.
    """
    traced = [(each.rule, _trace(case, each)) for each in case.flow.rules]
    followed = next((pair for pair in traced if pair[1].outcome == "followed"), None)
    evidence = _evidence([trace for _, trace in traced], followed[1] if followed else None)
    if not case.offered:
        choice = Shown(step_id=COMPLETE, field_ids=())
        return Finding(choice=choice, confidence=1.0, reasons=(DONE,), evidence=evidence)
    if followed is None:
        return Pass("no_rule", evidence)
    rule = followed[0]
    return Finding(
        choice=_shown(case, rule),
        confidence=rule.confidence,
        reasons=(*persona_reasons(case), Reason(code=f"rule.{rule.id}", text=rule.reason)),
        evidence=evidence,
    )


def persona_reasons(case: Case) -> tuple[Reason, ...]:
    """The visitor's persona as a reason, where there is one."""
    persona = case.persona
    return (Reason(code=f"persona.{persona.id}", text=persona.text),) if persona else ()


def _shown(case: Case, rule: Rule) -> Shown:
    if rule.step == COMPLETE:
        return Shown(step_id=COMPLETE, field_ids=())
    everything = tuple(field.id for field in case.flow.steps[rule.step].step.fields)
    return Shown(step_id=rule.step, field_ids=everything if rule.fields is None else rule.fields)


def _trace(case: Case, compiled: CompiledRule) -> RuleTrace:
    rule = compiled.rule
    unmet = [clause for clause in compiled.clauses if not clause.matches(case.attributes)]
    trace = RuleTrace(
        id=rule.id,
        outcome="unmet",
        leads_to=rule.step,
        confidence=rule.confidence,
        held=len(compiled.clauses) - len(unmet),
        clauses=len(compiled.clauses),
        reads=_paths(compiled.clauses),
        unmet=_paths(unmet),
    )
    if unmet:
        return trace
    if not admits(case, _shown(case, rule)):
        return trace.model_copy(update={"outcome": "not_offered"})
    unsure = rule.confidence < case.flow.document.threshold
    return trace.model_copy(update={"outcome": "unsure" if unsure else "followed"})


def _paths(clauses: Iterable[Condition]) -> tuple[str, ...]:
    return tuple(sorted({path for clause in clauses for path in clause.paths}))


def _evidence(traces: Sequence[RuleTrace], followed: RuleTrace | None) -> tuple[RuleTrace, ...]:
    """The followed rule, and those before it or without it that came closest."""
    others = [each for each in traces if each.outcome != "followed"]
    return (*([followed] if followed else []), *_nearest(others))


def _nearest(traces: Iterable[RuleTrace]) -> list[RuleTrace]:
    def distance(trace: RuleTrace) -> tuple[int, float]:
        return trace.clauses - trace.held, -trace.confidence

    return sorted(traces, key=distance)[:NEAREST_MISSES]
