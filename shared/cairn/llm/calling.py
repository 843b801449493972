"""Asks models: budget, single flight, providers in order, ledger; two trips to shared state.

The first trip counts the call against its budgets, looks at the breakers and claims the flight;
the second charges what was spent, tells the breakers and lands the reply. Both are made in the
process where Valkey is away.
"""

import logging
import random
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from traceback import extract_tb
from typing import Final

from cairn.llm.attempts import Attempts, Bounds, Pause
from cairn.llm.backoff import Chance
from cairn.llm.breakers import Breakers, conclusions
from cairn.llm.budget import Quota, quotas
from cairn.llm.caller import Caller
from cairn.llm.classify import DETAILS, failure_of
from cairn.llm.client import ModelClient
from cairn.llm.flight import POLL_MS, SLACK, Flight, Landed, landed
from cairn.llm.ledger import Estimate, balance, rough
from cairn.llm.model import (
    Called,
    ChoiceAsk,
    ChoiceReply,
    Failure,
    FailureCode,
    ToolAsk,
    ToolReply,
)
from cairn.llm.question import FaultOf, Question, Replied, of_choice, of_tool
from cairn.platform.clock import Clock, epoch_ms, system_clock
from cairn.platform.fallback_state import FallbackState
from cairn.platform.shared_state import Answer, Change

_LOG: Final = logging.getLogger(__name__)

SETTLE_MS: Final = 10.0
"""What attempts leave for the second trip, so that a breaker also learns of a hanging provider."""


@dataclass(frozen=True, slots=True)
class World:
    """What calls need of the world, each replaceable in tests.

    Attributes:
        payloads: whether spans hold what was asked and answered, redacted.
    """

    state: FallbackState
    clock: Clock = system_clock
    pause: Pause = time.sleep
    chance: Chance = random.random
    estimate: Estimate = rough
    payloads: bool = False


class Models:
    """Model calls that survive what providers do."""

    def __init__(self, client: ModelClient, world: World) -> None:
        self._client = client
        self._world = world

    def tool(
        self, caller: Caller, ask: ToolAsk, fault_of: FaultOf[ToolReply] = lambda _: None
    ) -> Called[ToolReply]:
        """Asks for a tool call, of the providers with the capability `tools`.

        Args:
            caller: who asks.
            ask: what is asked.
            fault_of: gives the code of what makes a reply useless, or None. Such a reply is an
                attempt that failed, and the next provider is asked.
        """
        question = of_tool(self._client, caller.workspace, ask, fault_of)
        return _Call(self._world, caller, question).made()

    def choice(self, caller: Caller, ask: ChoiceAsk) -> Called[ChoiceReply]:
        """Asks for probabilities, of the providers with the capability `decisions`.

        Where `caller.document.offering("decisions")` is empty there is nobody to ask: that is to
        be known before.
        """
        question = of_choice(self._client, caller.workspace, ask)
        return _Call(self._world, caller, question).made()


class _Call[Reply: Replied]:
    """One call under way."""

    def __init__(self, world: World, caller: Caller, question: Question[Reply]) -> None:
        self._world = world
        self._caller = caller
        self._question = question
        document, now = caller.document, world.clock()
        self._now_ms = epoch_ms(now)
        self._day = now.date()
        self._providers = list(document.offering(question.needs))
        self._breakers = Breakers.of(caller.workspace, self._providers, document.breaker)
        self._quotas = quotas(caller.workspace, caller.subject, document.budgets, now)
        self._flight = Flight.of(caller.workspace, question.ask, self._providers)
        self._claimed = False
        self._attempts = Attempts(question, self._bounds())

    def made(self) -> Called[Reply]:
        """What becomes of it; nothing, where anything breaks: then nobody waits for it either."""
        try:
            return self._made()
        except Exception as error:  # noqa: BLE001  # a decision goes on without a model; it is logged
            _log(error)
            return self._broken()

    def _made(self) -> Called[Reply]:
        counts = [each.asked() for each in self._quotas]
        answers = self._apply(
            [*counts, *self._breakers.looks(), self._flight.claim(self._caller.left_ms())]
        )
        held = answers.pop()
        self._claimed = held is None
        marks = answers[len(counts) :]
        for quota, answer in zip(self._quotas, answers, strict=False):
            if quota.is_spent(answer):
                return self._refused(quota)
        found = self._awaited(held)
        if found is not None:
            return Called(
                found.reply, None, provider=found.provider, model=found.model, shared=True
            )
        return self._asked(marks)

    def _apply(self, changes: list[Change]) -> list[Answer]:
        return self._world.state.apply(changes, self._caller.left_ms())

    def _refused(self, quota: Quota) -> Called[Reply]:
        told, *_ = self._apply([quota.told(), *self._given_up()])
        failure = Failure(FailureCode.BUDGET, DETAILS[FailureCode.BUDGET])
        return Called(None, failure, exceeded=quota.exceeded(first=told is None))

    def _awaited(self, held: Answer) -> Landed[Reply] | None:
        """What landed meanwhile; None when the claim is ours, or slack ran out."""
        alone_ms = self._caller.left_ms() * (1 - SLACK)
        while isinstance(held, bytes):
            found = landed(self._question.kind, held)
            if found or self._caller.left_ms() - POLL_MS < alone_ms:
                return found
            self._world.pause(POLL_MS / 1000)
            (held,) = self._apply([self._flight.claim(self._caller.left_ms())])
        self._claimed = True
        return None

    def _asked(self, marks: list[Answer]) -> Called[Reply]:
        self._attempts.run(self._breakers.admitted(marks, self._now_ms, self._apply))
        called = self._result()
        self._settle(called)
        return called

    def _broken(self) -> Called[Reply]:
        """What is there when something broke; what was claimed is released, what was paid told."""
        called = self._result()
        releases = [*self._given_up(), *self._breakers.releases(self._attempts.tallies)]
        with suppress(Exception):  # the shared state may be what broke: then claims expire
            self._apply([*releases, *self._charges(called)])
        if called.failure is None:
            return called
        code = FailureCode.UNAVAILABLE
        return replace(called, failure=Failure(code, DETAILS[code]))

    def _bounds(self) -> Bounds:
        world, caller = self._world, self._caller
        return Bounds(
            document=caller.document,
            left_ms=lambda: caller.left_ms() - SETTLE_MS,
            tick=caller.deadline.tick,
            pause=world.pause,
            chance=world.chance,
            estimate=world.estimate,
            day=self._day,
            payloads=world.payloads,
        )

    def _result(self) -> Called[Reply]:
        attempts = self._attempts
        usage, cost_usd = balance(attempts.made)
        by, made = attempts.answered_by, tuple(attempts.made)
        called = Called(attempts.reply, None, made, usage, cost_usd)
        if by is None:
            return replace(called, failure=failure_of(made))
        return replace(called, provider=by.id, model=by.model)

    def _settle(self, called: Called[Reply]) -> None:
        now_ms = epoch_ms(self._world.clock())
        reports = self._breakers.reports(self._attempts.tallies, now_ms)
        told = [change for report in reports for change in report.changes]
        rest = [*self._charges(called), *self._landing(called)]
        answers = iter(self._apply([*told, *rest]))
        follows = conclusions(reports, answers, now_ms)
        if follows:
            self._apply(follows)

    def _charges(self, called: Called[Reply]) -> list[Change]:
        return [change for each in self._quotas for change in each.charge(called.cost_usd)]

    def _landing(self, called: Called[Reply]) -> list[Change]:
        if called.reply is None or called.provider is None or called.model is None:
            return self._given_up()
        reply = Landed(called.reply, called.provider, called.model)
        return [self._flight.land(reply)] if self._claimed else []

    def _given_up(self) -> list[Change]:
        return [self._flight.give_up()] if self._claimed else []


def _log(error: Exception) -> None:
    """Says what broke and where, and nothing that anybody said."""
    file, line, *_ = extract_tb(error.__traceback__)[-1]
    _LOG.error("A model call broke: %s at %s:%s", type(error).__name__, Path(file).name, line)
