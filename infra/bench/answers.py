"""How long whole answers of the read API take on a running stack, and where the time goes.

The metrics are asked at their default window; and a trace of 2,000 spans is sent and read back.
Every request names itself as sampled, so that its trace is kept with all detail; afterwards the
stack is asked for these traces, and they say how much of an answer was the function's own work,
how much it waited for tables, and how much happened before and behind it.
"""

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import batched
from statistics import median
from typing import Any, Final

import httpx

from cairn.platform.clock import system_clock
from infra.bench.busy_trace import SPANS, busy_trace, export
from infra.bench.metrics.questions import QUESTIONS
from infra.proof import Report, Target, Unmeasurable

WHOLE_MS: Final = 50.0
WATERFALL_MS: Final = 300.0
MOST_CALLS: Final = 4
BATCH: Final = 500
"""Spans that an exporter sends at once."""

OTLP: Final = {"content-type": "application/json"}

TIMEOUT_S: Final = 30.0

HOW: Final = (
    "one request after the other, each route in turn, at the default window; whole: at the client; "
    "function: the root span; stores: the time in which at least one call to a table, queue or "
    "cache was under way; between: whole less function, which is the gateway, the runtime and HTTP"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, in milliseconds."""

    route: str
    trace_id: str
    whole_ms: float


@dataclass(frozen=True, slots=True)
class Split:
    """Where the time of an answer went, in milliseconds, and its calls to stores."""

    answer: Answer
    function_ms: float
    stores_ms: float
    calls: int


@contextmanager
def opened(url: str, key: str) -> Iterator["Stack"]:
    """A running stack.

    Raises:
        Unmeasurable: it does not answer.
    """
    try:
        with httpx.Client(base_url=url, headers={"x-api-key": key}, timeout=TIMEOUT_S) as client:
            yield Stack(client)
    except httpx.HTTPError as error:
        raise Unmeasurable(f"The stack does not answer: {error}") from error


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack that is asked; whatever it refuses is `Unmeasurable`."""

    client: httpx.Client

    def metrics(self, rounds: int) -> list[Split]:
        """Every route in turn, so many times, after a round that only warms up."""
        return self._splits(QUESTIONS * (rounds + 1))[len(QUESTIONS) :]

    def waterfalls(self, rounds: int) -> list[Split]:
        """One trace of 2,000 spans, so many times, after one that only warms up."""
        trace_id = secrets.token_hex(16)
        for spans in batched(busy_trace(trace_id, system_clock()), BATCH, strict=False):
            _good(self.client.post("/v1/traces", content=export(spans), headers=OTLP))
        return self._splits([f"/v1/traces/{trace_id}"] * (rounds + 1))[1:]

    def _splits(self, routes: Sequence[str]) -> list[Split]:
        answers = [self._answer(route) for route in routes]
        return [self._split(each) for each in answers]

    def _answer(self, route: str) -> Answer:
        trace_id = secrets.token_hex(16)
        header = f"00-{trace_id}-{secrets.token_hex(8)}-01"
        started = time.perf_counter()
        _good(self.client.get(route, headers={"traceparent": header}))
        return Answer(route, trace_id, (time.perf_counter() - started) * 1000)

    def _split(self, answer: Answer) -> Split:
        found = _good(self.client.get(f"/v1/traces/{answer.trace_id}"))
        trace: Mapping[str, Any] = found.json()  # Any: JSON, read only here
        calls = [each for each in trace["spans"] if each["kind"] == "client"]
        return Split(answer, trace["duration_ms"], _covered_ms(calls), len(calls))


def report(metrics: Sequence[Split], waterfalls: Sequence[Split]) -> Report:
    """The measured values beside their targets."""
    most_calls = max(each.calls for each in waterfalls)
    return Report(
        "bench answers",
        [
            Target("metrics, whole answer, p95", _p95(metrics), "ms", "<=", WHOLE_MS),
            Target(f"{SPANS} spans, whole answer, p95", _p95(waterfalls), "ms", "<=", WATERFALL_MS),
            Target("its calls to stores", most_calls, "calls", "<=", MOST_CALLS),
        ],
        {
            "how": HOW,
            "answers": len(metrics) + len(waterfalls),
            "metrics": {
                route: _of([each for each in metrics if each.answer.route == route])
                for route in QUESTIONS
            },
            "waterfall": _of(waterfalls),
        },
    )


def _good(found: httpx.Response) -> httpx.Response:
    if found.status_code != httpx.codes.OK:
        raise Unmeasurable(f"{found.request.url.path} answers {found.status_code}.")
    return found


def _covered_ms(spans: Sequence[Mapping[str, Any]]) -> float:
    """How long at least one of the spans was under way."""
    covered = end = 0.0
    for start, took in sorted((each["offset_ms"], each["duration_ms"]) for each in spans):
        covered += max(0.0, start + took - max(start, end))
        end = max(end, start + took)
    return covered


def _of(splits: Sequence[Split]) -> Mapping[str, float]:
    whole = [each.answer.whole_ms for each in splits]
    return {
        "whole_p50_ms": round(median(whole), 3),
        "whole_p95_ms": _p95(splits),
        "function_ms": round(median(each.function_ms for each in splits), 3),
        "stores_ms": round(median(each.stores_ms for each in splits), 3),
        "between_ms": round(median(each.answer.whole_ms - each.function_ms for each in splits), 3),
    }


def _p95(splits: Sequence[Split]) -> float:
    ordered = sorted(each.answer.whole_ms for each in splits)
    return round(ordered[(len(ordered) - 1) * 95 // 100], 3)
