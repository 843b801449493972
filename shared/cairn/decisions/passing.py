"""Why a step was not shown."""

from collections.abc import Mapping
from typing import Final

from cairn.decisions.cascade import Outcome
from cairn.decisions.finding import PassedOver, Source, Standing

BY_SOURCE: Final[Mapping[Source, str]] = {
    "rules": "not_led_to",
    "choice": "less_likely",
    "llm": "not_proposed",
    "fallback": "later_in_order",
}
"""What kept a step on offer from being shown, by who decided."""


def passed_over[Choice](
    steps: Mapping[str, Standing], shown: str, outcome: Outcome[Choice]
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
        PassedOver(
            step=name,
            why=why if standing == "offered" else standing,
            probability=likely.get(name),
        )
        for name, standing in steps.items()
        if name != shown
    )


def _decided_by[Choice](outcome: Outcome[Choice]) -> Source:
    """Who decided in the first place, where a cache only remembered it."""
    if outcome.source != "cache":
        return outcome.source
    judgement = outcome.finding.judgement
    return judgement.tier if judgement else "rules"
