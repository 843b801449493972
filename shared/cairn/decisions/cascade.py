"""Tiers under one deadline: the first admitted finding decides, the last tier always has one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from cairn.decisions.finding import Degraded, Finding, Pass, RuleTrace, Source
from cairn.decisions.limits import FALLBACK_RESERVE_MS
from cairn.platform.clock import Deadline

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
        took_ms: how long it took.
    """

    source: Source
    outcome: str
    took_ms: float


@dataclass(frozen=True, slots=True)
class Outcome[Choice]:
    """What the cascade decided, and on which way."""

    source: Source
    finding: Finding[Choice]
    attempts: tuple[Attempt, ...]
    evidence: tuple[RuleTrace, ...]
    degraded: tuple[Degraded, ...]


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
    evidence: tuple[RuleTrace, ...] = ()
    for tier in (*tiers, fallback):
        if tier is not fallback and not deadline.left_ms(FALLBACK_RESERVE_MS):
            attempts.append(Attempt(tier.source, OUT_OF_TIME.code, 0.0))
            degraded = [*degraded, OUT_OF_TIME]
            continue
        started = deadline.tick()
        found = tier.find(case, deadline)
        outcome = _outcome(found, case, admits)
        attempts.append(Attempt(tier.source, outcome, (deadline.tick() - started) * 1000))
        evidence = found.evidence or evidence
        if isinstance(found, Pass):
            degraded += [found.degraded] if found.degraded else []
        elif outcome == "found":
            missing = tuple(dict.fromkeys(degraded))
            return Outcome(tier.source, found, tuple(attempts), evidence, missing)
    raise AssertionError("the fallback gave nothing that may be shown")


def _outcome[Case, Choice](
    found: Finding[Choice] | Pass, case: Case, admits: Callable[[Case, Choice], bool]
) -> str:
    if isinstance(found, Pass):
        return found.code
    return "found" if admits(case, found.choice) else "not_admitted"
