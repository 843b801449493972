"""Whether an experiment does harm that nobody has to wait for."""

from collections.abc import Iterator, Mapping
from math import lgamma, log
from typing import Final

from cairn.experiments.notes import reason
from cairn.experiments.results import Findings, Reason
from cairn.experiments.verdict import CHANGED, UNREADY, UNTRUSTED

EVIDENCE: Final = 1_000
"""Odds against the designed split that suffice: at most one sound split in so many is ever taken
for a lopsided one, however often one looks."""


def breaches(of: Findings, weights: Mapping[str, float]) -> tuple[Reason, ...]:
    """Why a flag must be switched back; nothing where it need not be.

    Guardrails are judged by intervals that hold at every look. The test of the split that a
    verdict goes by does not, so here it must also hold against looking often.

    Args:
        of: what was found.
        weights: the designed ones, by variation; the same from the first subject on.
    """
    return (*_of_split(of, weights), *_of_guardrails(of))


def evidence(exposed: Mapping[str, int], weights: Mapping[str, float]) -> float:
    """Log odds of some other split to the designed one, valid however often it is looked at.

    The Bayes factor of a multinomial with a uniform Dirichlet prior against the designed shares
    (Lindon and Malek, Anytime-valid inference for multinomial count data, NeurIPS 2022). Arms
    without weight are left out.
    """
    arms = {name: weight for name, weight in weights.items() if weight > 0}
    counts = {name: exposed.get(name, 0) for name in arms}
    whole, total = sum(arms.values()), sum(counts.values())
    designed = sum(counts[name] * log(arms[name] / whole) for name in arms)
    other = lgamma(len(arms)) - lgamma(len(arms) + total)
    return other + sum(lgamma(count + 1) for count in counts.values()) - designed


def _of_split(of: Findings, weights: Mapping[str, float]) -> Iterator[Reason]:
    lopsided = of.sample_ratio.mismatch
    if lopsided and evidence(of.sample_ratio.exposed, weights) >= log(EVIDENCE):
        yield reason("sample_ratio_mismatch")


def _of_guardrails(of: Findings) -> Iterator[Reason]:
    for each in of.guardrails:
        codes = {note.code for note in each.notes}
        breached = each.guardrail is not None and each.guardrail.state == "breached"
        if breached and not codes & (UNREADY | UNTRUSTED | {CHANGED}):
            yield reason("guardrail_breached", metric=each.metric, variation=each.variation)
