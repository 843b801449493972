"""Answers of the real function over many events, timed and counted."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final
from unittest.mock import patch

from cairn.configuration.model import Kind
from cairn.metrics.declared import Declared, parse, parse_flow
from infra.bench.metrics.folding import folded
from infra.bench.metrics.questions import QUESTIONS
from infra.bench.metrics.served import ServedTables
from infra.bench.metrics.traffic import MODELS, ROUTES, visits
from infra.config import LOCAL
from infra.configuration.validating import read_configuration
from infra.inprocess.account import Handler, MemoryAccount
from infra.inprocess.buckets import MemoryBuckets
from infra.inprocess.callers import http_event
from infra.inprocess.cloud import ACCOUNT_VARIABLES
from infra.inprocess.published import EXAMPLE, FLOW
from infra.inprocess.queues import MemoryQueues
from infra.proof import Unmeasurable
from infra.stores import Table

NOW: Final = datetime(2026, 11, 20, 10, 30, 30, tzinfo=UTC)
WINDOWS: Final = ("1h", "24h", "30d")
USUAL: Final[Mapping[str, str]] = {
    **dict.fromkeys(QUESTIONS, "1h"),
    "/metrics": "5m",
}
"""Every route, with the window of those who ask for none."""
WARM: Final = 2


@dataclass(frozen=True, slots=True)
class Reading:
    """What one answer took.

    Attributes:
        trips: calls to tables.
        items: rollup items that were read.
        most: of these, the most of one series and shard.
    """

    cpu_ms: float
    wall_ms: float
    trips: int
    items: int
    most: int


@dataclass(frozen=True, slots=True)
class Case:
    """One answer, and whether the process may use what it remembers."""

    route: str
    window: str
    anew: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything that was measured.

    Attributes:
        events: how many were counted.
        folding_s: processor time of making and folding them.
    """

    events: int
    folding_s: float
    readings: Mapping[Case, Sequence[Reading]]


def measured(events: int, rounds: int, say: Callable[[str], None]) -> Measured:
    """Folds so many events, and answers every question so many times.

    Raises:
        Unmeasurable: an answer is a refusal.
    """
    say(f"{events:,} events")
    started = time.process_time()
    declared, steps = _declared()
    counted, rollups = folded(visits(events, NOW, steps), declared, LOCAL.shards, NOW)
    folding_s = time.process_time() - started
    tables = ServedTables(LOCAL.named(Table.METRICS))
    tables.fill(rollups, NOW)
    say("answers")
    with _console(tables) as (console, key):
        readings = {
            case: _readings(console, tables, key, case, rounds)
            for route in USUAL
            for window in windows_of(route)
            for case in (Case(route, window, anew=True), Case(route, window, anew=False))
        }
    return Measured(counted, folding_s, readings)


def _declared() -> tuple[Declared, tuple[str, ...]]:
    """What the example counts, and the steps of its flow."""
    bodies = {(each.kind, each.id): each.body for each in read_configuration(EXAMPLE)}
    flow = parse_flow(bodies[Kind.FLOW, FLOW])
    declared = replace(
        parse(bodies[Kind.TELEMETRY, "default"]),
        flows={FLOW: flow},
        operations=frozenset(ROUTES),
        models=frozenset(f"{provider}/{model}" for provider, model in MODELS),
    )
    return declared, tuple(sorted(flow.steps))


def windows_of(route: str) -> list[str]:
    """The windows over which a route is asked."""
    return list(dict.fromkeys((USUAL[route], *WINDOWS)))


@contextmanager
def _console(tables: ServedTables) -> Iterator[tuple[Handler, str]]:
    """The function over these tables, and a key that opens it."""
    account = MemoryAccount(tables, MemoryQueues(_now), MemoryBuckets(), _now)
    with (
        patch.dict(os.environ, ACCOUNT_VARIABLES),
        tables.serving(),
        account.functions(["console"]),
    ):
        key = account.furnish()
        yield account.start("console", LOCAL.shards), key


def _now() -> datetime:
    return NOW


def _readings(
    console: Handler, tables: ServedTables, key: str, case: Case, rounds: int
) -> list[Reading]:
    headers = {"cache-control": "no-cache"} if case.anew else {}
    query = {"window": case.window}
    event = http_event(f"GET {case.route}", key=key, query=query, headers=headers)
    return [_reading(console, tables, event) for _ in range(WARM + rounds)][WARM:]


def _reading(console: Handler, tables: ServedTables, event: Mapping[str, object]) -> Reading:
    tables.forget()
    wall, cpu = time.perf_counter(), time.process_time()
    answer = console(event)
    cpu_s, wall_s = time.process_time() - cpu, time.perf_counter() - wall
    if answer["statusCode"] != HTTPStatus.OK:
        raise Unmeasurable(f"An answer was {answer['statusCode']}: {answer['body'][:300]}")
    return Reading(
        cpu_ms=cpu_s * 1000,
        wall_ms=wall_s * 1000,
        trips=tables.calls,
        items=tables.read.total(),
        most=max(tables.read.values(), default=0),
    )
