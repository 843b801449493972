"""The fast path: the first rule that holds, is sure enough, and leads to what may be shown."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cairn.conditions.model import Condition
from cairn.decisions.finding import Finding, Pass, Reason, RuleOutcome, RuleTrace
from cairn.decisions.limits import NEAREST_MISSES
from cairn.decisions.surfaces.form.candidates import admits
from cairn.decisions.surfaces.form.compiled import CompiledRule, paths_of
from cairn.decisions.surfaces.form.model import Case, Shown
from cairn.decisions.surfaces.form.parts import Rule
from cairn.events.registry import COMPLETE

DONE = Reason(code="flow.completed", text="Nothing is left to ask.")


class _Weighed(NamedTuple):
    """A rule held against a case.

    Attributes:
        unmet: the clauses of its condition that do not hold.
    """

    compiled: CompiledRule
    unmet: Sequence[Condition]
    outcome: RuleOutcome


def rules(case: Case) -> Finding[Shown] | Pass:
    """What the flow's rules say.

    Returns:
        The finding of the first rule that can be followed, or the end of a flow in which nothing
        is left to ask; otherwise a `no_rule`. Both with the rules that came closest.
    """
    weighed = [_weighed(case, each) for each in case.flow.rules]
    followed = next((each for each in weighed if each.outcome == "followed"), None)
    evidence = _evidence(weighed, followed)
    if not case.offered:
        choice = Shown(step_id=COMPLETE, field_ids=())
        return Finding(choice=choice, confidence=1.0, reasons=(DONE,), evidence=evidence)
    if followed is None:
        return Pass("no_rule", evidence)
    rule = followed.compiled.rule
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


def _weighed(case: Case, compiled: CompiledRule) -> _Weighed:
    unmet = [clause for clause in compiled.clauses if not clause.matches(case.attributes)]
    return _Weighed(compiled, unmet, "unmet" if unmet else _outcome(case, compiled.rule))


def _outcome(case: Case, rule: Rule) -> RuleOutcome:
    """What becomes of a rule whose condition holds."""
    if not admits(case, _shown(case, rule)):
        return "not_offered"
    return "unsure" if rule.confidence < case.flow.document.threshold else "followed"


def _evidence(weighed: Iterable[_Weighed], followed: _Weighed | None) -> tuple[RuleTrace, ...]:
    """The followed rule, and those before it or without it that came closest."""
    others = [each for each in weighed if each.outcome != "followed"]
    return tuple(map(_trace, (*([followed] if followed else []), *_nearest(others))))


def _nearest(others: Iterable[_Weighed]) -> list[_Weighed]:
    def distance(each: _Weighed) -> tuple[int, float]:
        return len(each.unmet), -each.compiled.rule.confidence

    return sorted(others, key=distance)[:NEAREST_MISSES]


def _trace(weighed: _Weighed) -> RuleTrace:
    compiled, rule = weighed.compiled, weighed.compiled.rule
    return RuleTrace(
        id=rule.id,
        outcome=weighed.outcome,
        leads_to=rule.step,
        confidence=rule.confidence,
        held=len(compiled.clauses) - len(weighed.unmet),
        clauses=len(compiled.clauses),
        reads=compiled.reads,
        unmet=paths_of(weighed.unmet),
    )
