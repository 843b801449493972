"""What to do about an experiment: a pure function of what was found."""

from collections.abc import Iterator, Sequence
from typing import Final

from cairn.experiments.notes import reason
from cairn.experiments.results import Findings, MetricResult, Note, Reason, Verdict

UNTRUSTED: Final = frozenset({"not_finite", "sums_disagree"})
"""Notes on sums that no experiment can have."""

CHANGED: Final = "metric_changed"
"""The note on a metric that counts some subjects otherwise than others."""

REDESIGNED: Final = "redesigned"
"""The note on arms that hold subjects of several designs."""

UNREADY: Final = frozenset({"few_conversions", "too_few_subjects"})
"""Notes on a metric of which nothing is decided yet."""


def verdict(of: Findings) -> Verdict:
    """What to do, and why.

    In this order:
    - Arms that don't fit their design or had several, sums that can't be, and metrics that were
      changed on the way make all else worthless.
    - A guardrail that is shown to lose more than was accepted stops the experiment at any look.
    - A fixed horizon is asked about its goals at its end only.
    - A variation is shipped whose first goal is better, of whose goals none is worse, and whose
      guardrails all hold; of several the one whose first goal gains most.
    - What is worse in every variation, can't gain what is worth it, or is over, is stopped.
    """
    if doubts := tuple(_doubts(of)):
        return Verdict(word="do not trust", reasons=doubts)
    if breaches := tuple(_breaches(of)):
        return Verdict(word="stop", reasons=breaches)
    if of.method == "fixed" and not of.planned_end:
        return Verdict(word="keep running", reasons=(reason("peeking"),))
    firsts = [each for each in of.goals if each.metric == of.goals[0].metric]
    if best := _best([each for each in firsts if _may_ship(each, of)]):
        return _ship(best, of)
    if over := tuple(_over(of, firsts)):
        return Verdict(word="stop", reasons=over)
    waiting = tuple(_waiting(of, firsts)) or (reason("not_significant"),)
    return Verdict(word="keep running", reasons=waiting)


def _doubts(of: Findings) -> Iterator[Reason]:
    redesigned = [each for each in of.notes if each.code == REDESIGNED]
    if redesigned:
        yield from (Reason(code=each.code, text=each.text) for each in redesigned)
    else:
        yield from _mismatches(of)
    for result in (*of.goals, *of.guardrails):
        if _noted(result, UNTRUSTED):
            yield _because("sums_untrusted", result)
        for told in result.notes:
            if told.code == CHANGED:
                yield _told(told, result)


def _mismatches(of: Findings) -> Iterator[Reason]:
    """Where arms don't fit the one design that they had."""
    if of.sample_ratio.mismatch:
        yield reason("sample_ratio_mismatch")
    for each in of.segments:
        if each.mismatch:
            words = {"dimension": each.dimension, "value": each.value}
            yield reason("sample_ratio_mismatch_in_segment", **words)


def _breaches(of: Findings) -> Iterator[Reason]:
    for result in of.guardrails:
        if _guardrail(result) == "breached" and _is_ready(result):
            yield _because("guardrail_breached", result)


def _may_ship(first: MetricResult, of: Findings) -> bool:
    goals = [each for each in of.goals if each.variation == first.variation]
    guardrails = [each for each in of.guardrails if each.variation == first.variation]
    return (
        _shown(first, "better")
        and not any(_shown(each, "worse") for each in goals)
        and all(_holds(each) for each in guardrails)
    )


def _best(results: Sequence[MetricResult]) -> MetricResult | None:
    """The one whose first goal gains most; the one with a lift, where others have none."""
    return max(results, key=lambda each: (each.lift is not None, _gain(each)), default=None)


def _ship(best: MetricResult, of: Findings) -> Verdict:
    held = (reason("guardrails_hold", variation=best.variation),) if of.guardrails else ()
    return Verdict(
        word="ship", variation=best.variation, reasons=(_because("goal_better", best), *held)
    )


def _over(of: Findings, firsts: Sequence[MetricResult]) -> Iterator[Reason]:
    """Why there is nothing to wait for."""
    if all(_shown(each, "worse") for each in firsts):
        yield from (_because("goal_worse", each) for each in firsts)
    elif all(_is_futile(each, of.outlook.minimum_effect) for each in firsts):
        yield from (_because("no_effect_worth_it", each) for each in firsts)
    elif of.planned_end:
        yield reason("ended_unclear")
        yield from _waiting(of, firsts)


def _waiting(of: Findings, firsts: Sequence[MetricResult]) -> Iterator[Reason]:
    """What is known already, and what for."""
    for first in firsts:
        if _noted(first, UNREADY):
            yield _because("few_conversions", first)
        elif first.outcome in {"better", "worse"}:
            yield _because(f"goal_{first.outcome}", first)
    for goal in of.goals:
        if goal.metric != firsts[0].metric and _shown(goal, "worse"):
            yield _because("goal_worse", goal)
    for result in of.guardrails:
        if not _holds(result):
            yield _because("guardrail_open", result)


def _is_futile(result: MetricResult, minimum_effect: float) -> bool:
    """Whether even the best end of the interval is less than what is worth it."""
    if result.lift is None or not _is_ready(result):
        return False
    best = result.lift.high if result.direction == "up" else -result.lift.low
    return best < minimum_effect


def _gain(result: MetricResult) -> float:
    """How much better it looks, relative to the control where that can be said."""
    effect = result.lift or result.difference
    value = effect.value if effect else 0.0
    return value if result.direction == "up" else -value


def _shown(result: MetricResult, outcome: str) -> bool:
    return result.outcome == outcome and _is_ready(result)


def _is_ready(result: MetricResult) -> bool:
    return not _noted(result, UNREADY)


def _noted(result: MetricResult, codes: frozenset[str]) -> bool:
    return any(each.code in codes for each in result.notes)


def _guardrail(result: MetricResult) -> str:
    return result.guardrail.state if result.guardrail else "open"


def _holds(result: MetricResult) -> bool:
    return _guardrail(result) == "holds" and _is_ready(result)


def _told(note: Note, result: MetricResult) -> Reason:
    return Reason(code=note.code, text=note.text, metric=result.metric, variation=result.variation)


def _because(code: str, result: MetricResult) -> Reason:
    return reason(code, metric=result.metric, variation=result.variation)
