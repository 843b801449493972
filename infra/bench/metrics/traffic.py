"""Made-up visits: a third of them within the hour, a third within the day, a third in 30 days."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Final

from cairn.events.model import Event
from infra.inprocess.published import FLOW

SPREAD: Final = (timedelta(hours=1), timedelta(hours=24), timedelta(days=30))
PERSONAS: Final = ("small_team", "technical_builder", "enterprise_buyer", "none")
SOURCES: Final = ("cache", "cache", "rules", "rules", "rules", "llm", "choice", "fallback")
LAYERS: Final = ("L1", "L2")
PLANS: Final = ("trial", "team", "business")
MODELS: Final = (("east", "small"), ("west", "large"))
ROUTES: Final = ("POST /v1/decisions", "POST /v1/events", "POST /ofrep/v1/evaluate/flags")
FAILING: Final = 0.01
"""Share of requests and model calls that fail."""

SCREENS: Final = 3
"""Decisions of a visit."""

type Attributes = Mapping[str, str | float | bool]


def visits(events: int, now: datetime, steps: tuple[str, ...]) -> Iterator[list[Event]]:
    """Visits of at least `events` events together, each as it was reported, the same every time."""
    rng = Random(4)  # noqa: S311  # made-up traffic, no secret
    numbers, share = count(), events // len(SPREAD) + 1
    for length in SPREAD:
        made = 0
        while made < share:
            began = now - length * (1 - made / share)
            visit = [*_visit(rng, next(numbers), began, steps)]
            made += len(visit)
            yield visit


def _visit(rng: Random, number: int, began: datetime, steps: tuple[str, ...]) -> Iterator[Event]:
    session, persona = f"ses_{number:032x}", rng.choice(PERSONAS)

    def event(event_type: str, after_s: float, /, **attributes: str | float) -> Event:
        at = began + timedelta(seconds=after_s)
        return Event.model_construct(
            id=f"{number}-{event_type}-{after_s:g}",
            type=event_type,
            at=at,
            session_id=session,
            source=None,
            subject=f"subject-{number % 50_000}",
            attributes=attributes,
        )

    yield event("session.started", 0, flow=FLOW)
    yield event("page.viewed", 0.1, kind="product", plan=rng.choice(PLANS))
    for screen, step in enumerate(steps[:SCREENS]):
        at_s = screen * 20 + rng.random()
        source = rng.choice(SOURCES)
        yield event("decision.made", at_s, **_decision(rng, source, step, persona))
        if source in {"llm", "choice"}:
            yield event("llm.called", at_s + 0.01, **_call(rng, source))
        yield event(
            "request.completed",
            at_s + 0.02,
            operation=rng.choice(ROUTES),
            status=200 if rng.random() > FAILING else 500,
            latency_ms=rng.lognormvariate(2.5, 0.7),
        )
        yield event("step.completed", at_s + 15, flow=FLOW, step=step, duration_ms=15_000)
    if number % 5 == 0:
        yield event("feedback.given", 70, flow=FLOW, score=rng.randint(1, 5))
    if number % 8 == 0:
        yield event("conversion.completed", 80, name="purchase")


def _decision(rng: Random, source: str, step: str, persona: str) -> dict[str, str | float]:
    return {
        "source": source,
        "flow": FLOW,
        "step": step,
        "confidence": rng.random(),
        "latency_ms": rng.lognormvariate(1.5, 1),
        "persona": persona,
        "degraded": "llm_timeout" if source == "fallback" else "none",
        "cache": rng.choice(LAYERS) if source == "cache" else "none",
        "fields_shown": 3,
    }


def _call(rng: Random, source: str) -> dict[str, str | float]:
    provider, model = rng.choice(MODELS)
    return {
        "tier": source,
        "provider": provider,
        "model": model,
        "outcome": "answered" if rng.random() > FAILING else "timeout",
        "flow": FLOW,
        "attempts": 1,
        "latency_ms": rng.lognormvariate(6, 0.5),
        "tokens_uncached": rng.randint(300, 2_000),
        "tokens_cached": rng.randint(0, 1_000),
        "tokens_output": rng.randint(20, 200),
        "cost_usd": rng.random() / 500,
    }
