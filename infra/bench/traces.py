"""What a trace of 2,000 spans costs: to take it in, to read it back, and to show it.

Tables are in memory and answer at once, so the times are processor time of ours; how often a table
is asked is counted.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median, quantiles
from typing import Final

from cairn.platform.dynamo import Dynamo
from cairn.platform.observability.span import Span
from cairn.traces.admission import admit
from cairn.traces.otlp_json import spans_in
from cairn.traces.store import TraceReader, TraceStore
from cairn.traces.waterfall import waterfall
from infra.bench.busy_trace import SPANS, busy_trace, export
from infra.inprocess.callers import WORKSPACE
from infra.inprocess.cloud import INDEXES
from infra.inprocess.tables import MemoryTables
from infra.proof import Report, Target

SLOWEST_MS: Final = 300.0
MOST_QUERIES: Final = 2

NOW: Final = datetime(2026, 11, 20, 10, tzinfo=UTC)
TRACE: Final = "0af7651916cd43dd8448eb211c80319c"

HOW: Final = (
    "processor time of this process, tables in memory; read = query, decompress, decode; "
    "show = tree, self times, critical path, JSON; p95 over all rounds"
)

type Clock = Callable[[], float]
"""Gives seconds; replaced in tests."""


@dataclass(frozen=True, slots=True)
class Round:
    """One time through everything, milliseconds.

    Attributes:
        parse: an export in JSON, decoded and admitted.
        keep: packed and written.
        read: read back.
        show: as JSON.
        queries: that the read took.
        answer_bytes: of the JSON.
    """

    parse: float
    keep: float
    read: float
    show: float
    queries: int
    answer_bytes: int


def measure(rounds: int, count: int = SPANS, tick: Clock = time.process_time) -> list[Round]:
    """So many rounds with a trace of `count` spans, and one before that warms up."""
    spans = busy_trace(TRACE, NOW, count)
    body = export(spans)
    return [_round(body, spans, tick) for _ in range(rounds + 1)][1:]


def report(rounds: Sequence[Round]) -> Report:
    """The rounds beside their targets."""
    whole = [each.read + each.show for each in rounds]
    targets = [
        Target(
            f"processor time of a trace of {SPANS} spans, p95", _p95(whole), "ms", "<=", SLOWEST_MS
        ),
        Target("its queries", max(each.queries for each in rounds), "calls", "<=", MOST_QUERIES),
    ]
    parts = {
        name: round(median(getattr(each, name) for each in rounds), 2)
        for name in ("parse", "keep", "read", "show")
    }
    answer_bytes = rounds[0].answer_bytes
    details = {"how": HOW, "rounds": len(rounds), "median_ms": parts, "answer_bytes": answer_bytes}
    return Report("bench traces", targets, details)


def _round(body: bytes, spans: Sequence[Span], tick: Clock) -> Round:
    tables = Dynamo(MemoryTables(indexes={"listed": INDEXES["traces"]}).client())
    store = TraceStore(tables, "traces", timedelta(days=30))
    reader = TraceReader(tables, "traces")
    began = tick()
    admit(spans_in(body), NOW + timedelta(minutes=1), contents=False)
    parsed = tick()
    store.keep(WORKSPACE, spans, NOW)
    kept = tick()
    stored = reader.read(WORKSPACE, TRACE, NOW)
    read = tick()
    answer = waterfall(TRACE, stored).model_dump_json()
    shown = tick()
    return Round(
        parse=(parsed - began) * 1000,
        keep=(kept - parsed) * 1000,
        read=(read - kept) * 1000,
        show=(shown - read) * 1000,
        queries=stored.queries,
        answer_bytes=len(answer.encode()),
    )


def _p95(values: Sequence[float]) -> float:
    return round(quantiles(values, n=20, method="inclusive")[-1], 2)
