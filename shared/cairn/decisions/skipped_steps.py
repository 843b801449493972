"""Why a step was not shown."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from cairn.decisions.cascade import Outcome
from cairn.decisions.finding import PassedOver, Source, StepStatus

BY_SOURCE: Final[Mapping[Source, str]] = {
    "rules": "not_led_to",
    "choice": "less_likely",
    "llm": "not_proposed",
    "fallback": "later_in_order",
}
"""What kept a step on offer from being shown, by who decided."""


def passed_over[Choice](
    steps: Mapping[str, StepStatus], shown: str, outcome: Outcome[Choice]
) -> tuple[PassedOver, ...]:
    """Every step but the one that is shown.

    Args:
        steps: where each step stands.
        shown: the step that is shown.
        outcome: who decided, and what models said.
    """
    likely: dict[str, float] = {}
    for judgement in outcome.judgements:
        likely |= judgement.probabilities
    why = BY_SOURCE[_decided_by(outcome)]
    return tuple(
        _passed_over(name, why if standing == "offered" else standing, likely.get(name))
        for name, standing in steps.items()
        if name != shown
    )


@lru_cache(maxsize=1_024)
def _passed_over(step: str, why: str, probability: float | None) -> PassedOver:
    """The same one for the same words: flows have few steps, and pass most of them over."""
    return PassedOver(step, why, probability)


def _decided_by[Choice](outcome: Outcome[Choice]) -> Source:
    """Who decided in the first place, where a cache only remembered it."""
    if outcome.source != "cache":
        return outcome.source
    judgement = outcome.finding.judgement
    return judgement.tier if judgement else "rules"
