"""Plays every scenario against the real cascade, over HTTP on loopback.

Each run has a server, a process's memory and a session of its own, so that none learns of the
others. They come one after the other, so that none waits for the others either.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

from cairn.decisions.decide import DecisionResult
from cairn.decisions.finding import ModelTier
from cairn.decisions.surfaces.form.flow import FlowDocument
from cairn.llm.model import Usage
from infra.faults.expected import Expected, Providers, expected
from infra.faults.validity import is_valid
from infra.inprocess.house import DEADLINE_MS, House, Visit
from infra.inprocess.published import flow_document, snapshot
from infra.model_server.background import Playing, playing
from infra.model_server.provider import scripted
from infra.model_server.scenario import SCENARIOS

TIERS: Final[tuple[ModelTier, ...]] = ("llm", "choice")
PROVIDERS: Final[tuple[Providers, ...]] = (1, 2)
VISIT: Final = Visit("u-42", {"country": "DE", "plan": "trial"}, {"goal": "explore"})


@dataclass(frozen=True, slots=True)
class Run:
    """What is played."""

    tier: ModelTier
    scenario: str
    providers: Providers
    expected: Expected


@dataclass(frozen=True, slots=True)
class Played:
    """What became of it.

    Attributes:
        attempts: every attempt as `<provider> <outcome>`.
        usage: tokens by bucket.
        told: the tokens that servers told of in whole answers.
        took_ms: from question to answer.
        valid: whether the plan may be shown.
    """

    run: Run
    source: str
    degraded: str | None
    attempts: tuple[str, ...]
    usage: Usage
    told: int
    cost_usd: float
    took_ms: float
    valid: bool

    @property
    def as_designed(self) -> bool:
        """Whether it became what it should."""
        wanted = self.run.expected
        return (wanted.source, wanted.degraded, wanted.attempts) == (
            self.source,
            self.degraded,
            len(self.attempts),
        )


def runs() -> Iterator[Run]:
    """Every scenario in every tier that it says something about, with one provider and two."""
    for tier, scenario, providers in product(TIERS, SCENARIOS, PROVIDERS):
        wanted = expected(tier, scenario, providers)
        if wanted is not None:
            yield Run(tier, scenario, providers, wanted)


def everything(wanted: Iterable[Run] | None = None) -> Iterator[Played]:
    """Plays all runs, or those that are wanted."""
    flows = {tier: flow_document([tier], rules=False) for tier in TIERS}
    _warm(flows["llm"])
    for each in runs() if wanted is None else wanted:
        yield play(each, flows[each.tier])


def play(run: Run, flow: FlowDocument) -> Played:
    """One decision under one scenario."""
    with playing() as server:
        urls = [server.base_url(run.scenario), server.base_url("good")][: run.providers]
        models = scripted(*urls)
        with House(snapshot(flow, models)) as house:
            started = time.monotonic()
            made = house.decide(VISIT, DEADLINE_MS)
            took_ms = (time.monotonic() - started) * 1000
    return _played(run, made, took_ms, flow, server)


def _warm(flow: FlowDocument) -> None:
    """What a process does once: the SDK is imported, a connection made."""
    with playing() as server, House(snapshot(flow, scripted(server.base_url("good")))) as house:
        house.decide(VISIT, 10_000)


def _played(
    run: Run, made: DecisionResult, took_ms: float, flow: FlowDocument, server: Playing
) -> Played:
    answer, consulted = made.decision, made.record.consulted
    attempts = [attempt for each in consulted for attempt in each.attempts]
    return Played(
        run=run,
        source=answer.source,
        degraded=answer.degraded.code if answer.degraded else None,
        attempts=tuple(f"{each.provider} {each.outcome}" for each in attempts),
        usage=sum((each.usage for each in consulted), Usage()),
        told=server.theatre.told.total(),
        cost_usd=sum(each.cost_usd for each in consulted),
        took_ms=round(took_ms, 1),
        valid=is_valid(answer.plan, flow),
    )
