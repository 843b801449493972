"""How long whole answers of the read API take on a running stack, and where the time goes.

Every request names itself as sampled, so that its trace is kept with all detail; afterwards the
stack is asked for these traces, and they say how much of an answer was the function's own work,
how much it waited for tables, and how much happened before and behind it.
"""

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

import httpx

from infra.proof import Report, Target, Unmeasurable

ROUTES: Final = tuple(
    f"/v1/metrics/{name}"
    for name in (
        "dashboard",
        "performance",
        "costs",
        "quality",
        "cache",
        "health",
        "funnel",
        "experiments",
    )
)
WHOLE_MS: Final = 50.0
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
    """Where the time of an answer went, in milliseconds."""

    answer: Answer
    function_ms: float
    stores_ms: float


def measure(url: str, key: str, rounds: int) -> list[Split]:
    """Answers with their splits; those of the first round only warm up.

    Raises:
        Unmeasurable: the stack does not answer, or keeps no traces.
    """
    with httpx.Client(base_url=url, headers={"x-api-key": key}, timeout=TIMEOUT_S) as client:
        try:
            answers = [*_answers(client, rounds + 1)][len(ROUTES) :]
            return [_split(client, each) for each in answers]
        except httpx.HTTPError as error:
            raise Unmeasurable(f"The stack does not answer: {error}") from error


def report(splits: Sequence[Split]) -> Report:
    """The measured values beside their target."""
    whole = [each.answer.whole_ms for each in splits]
    return Report(
        "bench answers",
        [Target("a whole answer, p95", round(_p95(whole), 3), "ms", "<=", WHOLE_MS)],
        {
            "how": HOW,
            "answers": len(splits),
            "routes": {
                route: _of([each for each in splits if each.answer.route == route])
                for route in ROUTES
            },
        },
    )


def _answers(client: httpx.Client, rounds: int) -> Iterator[Answer]:
    for _ in range(rounds):
        for route in ROUTES:
            trace_id = secrets.token_hex(16)
            header = f"00-{trace_id}-{secrets.token_hex(8)}-01"
            started = time.perf_counter()
            found = client.get(route, headers={"traceparent": header})
            whole_ms = (time.perf_counter() - started) * 1000
            if found.status_code != httpx.codes.OK:
                raise Unmeasurable(f"{route} answers {found.status_code}.")
            yield Answer(route, trace_id, whole_ms)


def _split(client: httpx.Client, answer: Answer) -> Split:
    found = client.get(f"/v1/traces/{answer.trace_id}")
    if found.status_code != httpx.codes.OK:
        raise Unmeasurable(f"The trace of {answer.route} is not kept ({found.status_code}).")
    trace: Mapping[str, Any] = found.json()  # Any: JSON, read only here
    spans = [each for each in trace["spans"] if each["kind"] == "client"]
    return Split(answer, trace["duration_ms"], _covered_ms(spans))


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
        "whole_p95_ms": round(_p95(whole), 3),
        "function_ms": round(median(each.function_ms for each in splits), 3),
        "stores_ms": round(median(each.stores_ms for each in splits), 3),
        "between_ms": round(median(each.answer.whole_ms - each.function_ms for each in splits), 3),
    }


def _p95(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[(len(ordered) - 1) * 95 // 100]
