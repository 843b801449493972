"""The breakers of the providers of one call: read before, told after."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from cairn.llm.attempts import Admitted
from cairn.llm.breaker import Breaker, BreakerState, Tally
from cairn.llm.documents import BreakerLimits, Provider
from cairn.platform.shared_state import Answer, Change

type Apply = Callable[[list[Change]], list[Answer]]
"""Makes changes of the shared state, in one trip."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one breaker is told, and the changes that tell it."""

    breaker: Breaker
    tally: Tally
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class Breakers:
    """Each provider with its breaker, in the order in which they are asked."""

    guarded: Sequence[tuple[Provider, Breaker]]

    @classmethod
    def of(cls, workspace: str, providers: Sequence[Provider], limits: BreakerLimits) -> "Breakers":
        """The breakers of a workspace's providers."""
        return cls([(each, Breaker.of(workspace, each, limits)) for each in providers])

    def looks(self) -> list[Change]:
        """What must be read before the call."""
        return [breaker.look() for _, breaker in self.guarded]

    def admitted(self, marks: Sequence[Answer], now_ms: int, apply: Apply) -> list[Admitted]:
        """The providers, as the marks that were read let them through."""
        return [
            _admitted(provider, breaker, breaker.standing(mark, now_ms), apply)
            for (provider, breaker), mark in zip(self.guarded, marks, strict=True)
        ]

    def reports(self, tallies: Mapping[str, Tally], now_ms: int) -> list[Report]:
        """What the call leaves behind, by the tallies of those who were asked."""
        return [
            Report(breaker, tally, breaker.report(tally, now_ms))
            for breaker, tally in self._asked(tallies)
        ]

    def releases(self, tallies: Mapping[str, Tally]) -> list[Change]:
        """What lets others probe after a call that cannot say how its probes went."""
        return [
            change for breaker, tally in self._asked(tallies) for change in breaker.release(tally)
        ]

    def _asked(self, tallies: Mapping[str, Tally]) -> list[tuple[Breaker, Tally]]:
        return [
            (breaker, tallies[provider.id])
            for provider, breaker in self.guarded
            if provider.id in tallies
        ]


def conclusions(reports: Sequence[Report], answers: Iterator[Answer], now_ms: int) -> list[Change]:
    """What follows from the answers to the reports' changes."""
    follows: list[Change] = []
    for report in reports:
        mine = [next(answers) for _ in report.changes]
        follows += report.breaker.conclude(report.tally, mine, now_ms)
    return follows


def _admitted(
    provider: Provider, breaker: Breaker, standing: BreakerState, apply: Apply
) -> Admitted:
    return Admitted(
        provider,
        may_open=standing is not BreakerState.OPEN,
        opens=partial(_opened, breaker, standing, apply),
    )


def _opened(breaker: Breaker, standing: BreakerState, apply: Apply) -> Tally | None:
    if standing is BreakerState.HALF_OPEN:
        (probed,) = apply([breaker.probe()])
        return Tally(probing=True) if probed is None else None
    return Tally() if standing is BreakerState.CLOSED else None
