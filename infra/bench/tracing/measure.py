"""CPU time of the same decision by rules, with spans and without; and of one span.

Stores cost nothing, but for the call that writes a trace: it goes through the real client of AWS,
and is answered before it would be sent.
"""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from random import Random
from typing import Final, Literal
from unittest.mock import patch

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from cairn.decisions.limits import PLAN_S
from cairn.decisions.log import notes
from cairn.platform.aws import HOOKS, Patience, dynamodb
from cairn.platform.clock import system_clock
from cairn.platform.dynamo import Dynamo
from cairn.platform.observability.correlation import trace_of
from cairn.platform.observability.describing import describe
from cairn.platform.observability.recording import OpenSpan, Recorder, span
from cairn.platform.observability.sampling import Sampling
from cairn.platform.observability.store_sink import Keep, StoreSink
from cairn.platform.observability.tracing import Tracing
from cairn.traces.store import TraceStore
from infra.bench.cascade.instant import InstantModels
from infra.bench.cascade.tiers import NOWHERE, VISIT
from infra.bench.tracing.desk import RecordedDesk
from infra.inprocess.callers import WORKSPACE as DEMO
from infra.inprocess.cloud import ACCOUNT_VARIABLES
from infra.inprocess.house import House, asking_of
from infra.inprocess.published import flow_document, snapshot
from infra.proof import Unmeasurable

type Mode = Literal["off", "recorded", "root", "everything"]
"""Nothing recorded; recorded and dropped; the root written; all spans written."""

WARM: Final = 30
SPANS: Final = 1_000
"""Spans that are timed at once."""

NEVER_SLOW_MS: Final = 1e9
WAIT_MS: Final = 10_000.0
SEND: Final = "before-send.dynamodb"
RULES: Final[Mapping[Mode, Sampling]] = {
    "recorded": Sampling(NEVER_SLOW_MS, 0.0, roots=False),
    "root": Sampling(NEVER_SLOW_MS, 0.0),
    "everything": Sampling(NEVER_SLOW_MS, 1.0),
}


def decisions(rounds: int) -> Iterator[Mapping[Mode, float]]:
    """CPU milliseconds of one decision in each mode, round after round.

    Raises:
        Unmeasurable: something else decided, or a trace was not written.
    """
    modes: tuple[Mode, ...] = ("off", *RULES)
    # What comes after a write finds colder caches: each mode does so equally often.
    shuffled = Random(0)  # noqa: S311  # an order, no secret
    with _answering() as keep:
        house, sink = _house(), StoreSink(lambda: keep, system_clock)
        tracings = {mode: Tracing("bench", rule, [sink]) for mode, rule in RULES.items()}
        for number in range(WARM + rounds):
            order = shuffled.sample(modes, len(modes))
            taken = {mode: _cpu_ms(house, tracings.get(mode)) for mode in order}
            if number >= WARM:
                yield taken


def spans(blocks: int) -> Iterator[tuple[float, float]]:
    """CPU nanoseconds of one span with three attributes, without a recorder and with one."""
    for _ in range(blocks):
        without_ns = _block_ns()
        with Recorder(trace_of(None), "bench").open("root", "server"):
            yield without_ns, _block_ns()


def _block_ns() -> float:
    started = time.process_time_ns()
    for _ in range(SPANS):
        with span("GetItem", "client") as calling:
            calling.set("db.system.name", "aws.dynamodb")
            calling.set("db.operation.name", "GetItem")
            calling.set("db.collection.name", "cairn-local-sessions")
    return (time.process_time_ns() - started) / SPANS


def _house() -> House:
    published = snapshot(flow_document(("rules",), rules=True), NOWHERE)
    # Plans are over as soon as they are kept, so that every decision is made anew.
    tick = map(float, count(0, 2 * PLAN_S)).__next__
    return House(published, InstantModels(), tick=tick, desk=RecordedDesk(published))


def _cpu_ms(house: House, tracing: Tracing | None) -> float:
    asking, trace = asking_of(VISIT), trace_of(None)
    started = time.process_time()
    root = tracing.begin("POST /v1/decisions", "server", trace) if tracing else None
    if tracing is None or not isinstance(root, OpenSpan):
        made = house.decided(asking)
        lost, _ = 0, notes(made)
    else:
        with root:
            made = house.decided(asking)
        describe(root, {**notes(made), "workspace": DEMO, "status": 200}, None)
        lost = tracing.end(root, trace, WAIT_MS)
    taken = (time.process_time() - started) * 1000
    if made.decision.source != "rules" or lost:
        raise Unmeasurable(f"{made.decision.source} decided, and {lost} traces were lost.")
    house.desk.forget()
    return taken


class _Empty:
    """The body of an answer that says nothing more."""

    def stream(self, **_: object) -> Iterator[bytes]:
        """All of it."""
        yield b"{}"


@contextmanager
def _answering() -> Iterator[Keep]:
    """A store of traces whose table takes everything at once."""

    def answer(**_: object) -> AWSResponse:
        return AWSResponse("", 200, HTTPHeaders(), _Empty())

    with patch.dict(os.environ, ACCOUNT_VARIABLES):
        HOOKS.register(SEND, answer)  # type: ignore[arg-type]  # it may answer
        try:
            dynamo = Dynamo(dynamodb(Patience.REQUEST))
            yield TraceStore(dynamo, "cairn-local-traces", timedelta(days=3)).keep
        finally:
            HOOKS.unregister(SEND, answer)  # type: ignore[arg-type]  # the same
