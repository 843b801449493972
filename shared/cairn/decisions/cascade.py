"""Tiers under one deadline: the first admitted finding decides, the last tier always has one.

A rule that is less sure than its flow demands does not decide, also where a model that would have
been asked next is away: a provider's outage makes a flow behave as if it had no model, and not in
a third way that nobody has tried out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from cairn.decisions.finding import Degraded, Finding, Judgement, Pass, RuleTrace, Source
from cairn.decisions.limits import FALLBACK_RESERVE_MS
from cairn.platform.clock import Deadline
from cairn.platform.observability.recording import span

FOUND: Final = "found"
SPANS: Final[Mapping[Source, str]] = {
    "cache": "tier cache",
    "rules": "tier rules",
    "choice": "tier choice",
    "llm": "tier llm",
    "fallback": "tier fallback",
}
"""What the span of a tier is called."""

OUT_OF_TIME: Final = Degraded(
    code="out_of_time", detail="The deadline left no time to ask every tier."
)


class Tier[Case, Choice](Protocol):
    """One way to decide."""

    @property
    def source(self) -> Source:
        """What a decision of this tier names as its source."""
        ...

    def find(self, case: Case, deadline: Deadline) -> Finding[Choice] | Pass:
        """A finding, or a reason to go on; never takes longer than the deadline leaves."""
        ...


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of one tier.

    Attributes:
        outcome: `found`, `not_admitted`, `out_of_time`, or why the tier passed.
        took_ms: what it spent of the deadline.
        left_ms: what there was to spend when it began, the fallback's reserve taken off.
    """

    source: Source
    outcome: str
    took_ms: float
    left_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome[Choice]:
    """What the cascade decided, and on which way.

    Attributes:
        judgements: what models said, followed or not, in the order in which they were asked.
    """

    source: Source
    finding: Finding[Choice]
    attempts: tuple[Attempt, ...]
    evidence: tuple[RuleTrace, ...]
    degraded: tuple[Degraded, ...]
    judgements: tuple[Judgement, ...] = ()


def run[Case, Choice](
    case: Case,
    tiers: Sequence[Tier[Case, Choice]],
    fallback: Tier[Case, Choice],
    admits: Callable[[Case, Choice], bool],
    deadline: Deadline,
) -> Outcome[Choice]:
    """Asks the tiers in order, and the fallback where none of them found anything admitted.

    A tier that is out of time is left out. Findings outside the whitelist are not followed,
    wherever they come from: also a cached one may stem from another time.
    """
    attempts: list[Attempt] = []
    degraded: list[Degraded] = []
    judgements: list[Judgement] = []
    evidence: tuple[RuleTrace, ...] = ()
    for tier in (*tiers, fallback):
        left_ms = deadline.left_ms(FALLBACK_RESERVE_MS)
        if tier is not fallback and not left_ms:
            attempts.append(Attempt(tier.source, OUT_OF_TIME.code, 0.0))
            degraded.append(OUT_OF_TIME)
            continue
        started = deadline.tick()
        with span(SPANS[tier.source]) as asking:
            found = tier.find(case, deadline)
            outcome = _outcome(found, case, admits)
            asking.set("cairn.outcome", outcome)
        took_ms = (deadline.tick() - started) * 1000
        attempts.append(Attempt(tier.source, outcome, took_ms, left_ms))
        evidence = found.evidence or evidence
        judgements += _said(found, outcome)
        if isinstance(found, Pass):
            degraded += [found.degraded] if found.degraded else []
        elif outcome == FOUND:
            missing = tuple(dict.fromkeys(degraded))
            return Outcome(
                tier.source, found, tuple(attempts), evidence, missing, tuple(judgements)
            )
    raise AssertionError("the fallback gave nothing that may be shown")


def _outcome[Case, Choice](
    found: Finding[Choice] | Pass, case: Case, admits: Callable[[Case, Choice], bool]
) -> str:
    if isinstance(found, Pass):
        return found.code
    return FOUND if admits(case, found.choice) else "not_admitted"


def _said[Choice](found: Finding[Choice] | Pass, outcome: str) -> list[Judgement]:
    if found.judgement is None:
        return []
    followed = isinstance(found, Pass) or outcome == FOUND
    told = {} if followed else {"outcome": outcome}
    return [found.judgement.model_copy(update=told)]
