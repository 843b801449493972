"""Deciding in this process: the real cascade and the real model calls, over stores for free."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Self

from pydantic import JsonValue

from cairn.configuration.model import Snapshot
from cairn.decisions.asking import Asking
from cairn.decisions.choosing import Chooser
from cairn.decisions.decide import Decide, DecisionResult
from cairn.decisions.finding import Finding
from cairn.decisions.model import DecisionRequest, Subject
from cairn.decisions.model_port import ModelPort
from cairn.decisions.plan_cache import PlanCache
from cairn.decisions.sessions import SessionAsked
from cairn.decisions.surfaces.form.compiled import Flow
from cairn.decisions.surfaces.form.model import Case, Shown
from cairn.decisions.surfaces.form.model_words import FORM_WORDS
from cairn.decisions.surfaces.form.surface import FORM
from cairn.llm.calling import Models, World
from cairn.llm.openai_client import OpenAIClient
from cairn.platform.cache import Cache
from cairn.platform.clock import Deadline, Ticker
from cairn.platform.fallback_state import FallbackState
from cairn.platform.ids import secret_id, sortable_id
from cairn.platform.lanes import Lanes
from cairn.platform.shared_state import MemoryState
from infra.inprocess.callers import WORKSPACE
from infra.inprocess.desk import FreeDesk
from infra.inprocess.published import FLOW

DEADLINE_MS: Final = 1_500


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks in the proofs, and what is known of them."""

    subject: str
    traits: Mapping[str, JsonValue] = field(default_factory=dict)
    answers: Mapping[str, JsonValue] = field(default_factory=dict)
    events: tuple[Mapping[str, JsonValue], ...] = ()


class House:
    """One instance of the function, as far as it decides; ends with its context.

    Args:
        snapshot: what is published.
        models: who is asked; the providers of the snapshot, over HTTP, where nobody is given.
        cache: what instances share; nothing, where none is given.
        tick: by which plans in the process get old.
        desk: what is read and written; nothing that costs, where none is given.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        models: ModelPort | None = None,
        cache: Cache | None = None,
        tick: Ticker = time.monotonic,
        desk: FreeDesk | None = None,
    ) -> None:
        self.desk = desk or FreeDesk(snapshot)
        self.lanes = Lanes()
        self._client: OpenAIClient | None = None
        plans = PlanCache(FORM, Finding[Shown], cache, self.lanes, tick)
        chooser = Chooser(FORM, plans, FORM_WORDS)
        self._decide: Decide[Flow, Case, Shown] = Decide(
            chooser, self.desk, self.lanes, models or self._models()
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._client is not None:
            self._client.close()

    def decide(self, visit: Visit, deadline_ms: float = DEADLINE_MS) -> DecisionResult:
        """A decision in a session that begins with it."""
        return self.decided(asking_of(visit, deadline_ms))

    def decided(self, asking: Asking) -> DecisionResult:
        """The decision on a request that was read."""
        return self._decide.decide(asking)

    def _models(self) -> ModelPort:
        self._client = OpenAIClient(lambda _, provider: str(provider.key))
        return Models(self._client, World(FallbackState(None, MemoryState(), self.lanes)))


def asking_of(visit: Visit, deadline_ms: float = DEADLINE_MS) -> Asking:
    """The request of a visit, now, in a session of its own."""
    now = datetime.now(UTC)
    deadline = Deadline.within(deadline_ms)
    return Asking(
        workspace=WORKSPACE,
        decision_id=sortable_id("dec", now),
        trace_id="0" * 32,
        now=now,
        deadline=deadline,
        started_s=deadline.tick(),
        session=SessionAsked(WORKSPACE, None, secret_id("ses"), brings=False),
        request=_request(visit),
    )


def _request(visit: Visit) -> DecisionRequest:
    return DecisionRequest.model_validate(
        {
            "flow": FLOW,
            "subject": Subject(id=visit.subject, traits={**visit.traits}),
            "answers": visit.answers,
            "events": list(visit.events),
        }
    )
