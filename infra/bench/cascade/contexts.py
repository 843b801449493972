"""A thousand visitors, and the same again: how many of the second find their plan in the cache.

Several instances decide side by side, each with a memory of its own and one cache that they
share. The second time, every visitor meets another instance.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Final

import httpx
from pydantic import JsonValue

from cairn.decisions.decide import DecisionResult
from cairn.decisions.surfaces.form.flow import FlowDocument
from infra.inprocess.house import House, Visit
from infra.inprocess.published import flow_document, snapshot
from infra.model_server.provider import scripted

CONTEXTS: Final = 1_000
LATENCY_MS: Final = 400.0
INSTANCES: Final = 32
SHIFT: Final = 7
"""How many instances further a visitor comes the second time."""

DEADLINE_MS: Final = 10_000
"""This is about the cache: no call shall be given up because this machine is busy."""

FIELDS: Final = 8
PATIENCE_S: Final = 8
HESITATIONS: Final = (0, 1, 2, 4)


@dataclass(frozen=True, slots=True)
class Pass:
    """One time through all contexts.

    Attributes:
        sources: how many decisions came from where.
        asked: calls to models that cached decisions made.
        calls: calls that the server took meanwhile.
        layers: which cache, where one gave the plan.
    """

    sources: Mapping[str, int]
    asked: int
    calls: int
    layers: Mapping[str, int]

    @property
    def hits(self) -> int:
        """Decisions from the cache."""
        return self.sources.get("cache", 0)


class SharedCache:
    """A cache in memory that several instances may use at once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[str, bytes] = {}

    def exchange(
        self,
        *,
        put: Mapping[str, bytes],
        get: Sequence[str],
        ttl_s: int,  # noqa: ARG002  # it is short
    ) -> list[bytes | None]:
        """See `Cache.exchange`."""
        with self._lock:
            self._kept.update(put)
            return [self._kept.get(key) for key in get]


def measure(address: str, contexts: int = CONTEXTS) -> list[Pass]:
    """Two passes over the same contexts."""
    flow = flow_document(["llm"], rules=False)
    published, cache = snapshot(flow, scripted(f"{address}/v1")), SharedCache()
    choices = choices_of(flow)
    with ExitStack() as context, ThreadPoolExecutor(INSTANCES) as threads:
        houses = [context.enter_context(House(published, cache=cache)) for _ in range(INSTANCES)]
        passes = []
        for shift in (0, SHIFT):
            before = _calls(address)
            made = threads.map(
                lambda place, shift=shift: _visited(houses, place, shift, contexts, choices),
                range(INSTANCES),
            )
            passes.append(_pass([each for some in made for each in some], address, before))
    return passes


def visit_of(number: int, choices: Mapping[str, JsonValue]) -> Visit:
    """The `number`-th visitor: who answered what, and how often they hesitated, is their own."""
    kinds = len(HESITATIONS)
    answered = number // kinds + 1
    answers = {
        name: value for bit, (name, value) in enumerate(choices.items()) if answered >> bit & 1
    }
    events = _hesitating(HESITATIONS[number % kinds], datetime.now(UTC))
    return Visit(f"u-{number}", {"country": "DE"}, answers, events)


def _visited(
    houses: Sequence[House],
    place: int,
    shift: int,
    contexts: int,
    choices: Mapping[str, JsonValue],
) -> list[DecisionResult]:
    """What one instance decides in one pass."""
    mine = range((place - shift) % len(houses), contexts, len(houses))
    return [houses[place].decide(visit_of(each, choices), DEADLINE_MS) for each in mine]


def choices_of(flow: FlowDocument) -> dict[str, JsonValue]:
    """A few fields that anybody may answer, with an answer."""
    found: dict[str, JsonValue] = {}
    for step in flow.steps:
        for field in step.fields:
            if field.options and not field.personal:
                value: JsonValue = field.options[0].value
                found[field.id] = [value] if field.kind == "multiselect" else value
    return dict([*found.items()][:FIELDS])


def _hesitating(times: int, now: datetime) -> tuple[Mapping[str, JsonValue], ...]:
    events: list[Mapping[str, JsonValue]] = []
    for number in range(times):
        since = now - timedelta(seconds=(number + 1) * 2 * PATIENCE_S)
        for kind, at in (("focused", since), ("blurred", since + timedelta(seconds=PATIENCE_S))):
            events.append(
                {
                    "id": f"{kind}-{number}",
                    "type": f"field.{kind}",
                    "at": at.isoformat(),
                    "field": "goal",
                }
            )
    return tuple(events)


def _pass(made: Sequence[DecisionResult], address: str, before: int) -> Pass:
    cached = [each for each in made if each.decision.source == "cache"]
    return Pass(
        sources=_tally([each.decision.source for each in made]),
        asked=sum(len(each.record.consulted) for each in cached),
        calls=_calls(address) - before,
        layers=_tally([str(each.record.cache_layer) for each in cached]),
    )


def _tally(names: Sequence[str]) -> dict[str, int]:
    return {name: names.count(name) for name in sorted(set(names))}


def _calls(address: str) -> int:
    told: dict[str, int] = httpx.get(f"{address}/calls").json()
    return sum(told.values())
