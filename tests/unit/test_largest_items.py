"""No rollup outgrows its item, however much is sent and however long its names are."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import batched, count
from typing import Final

from cairn.events import own
from cairn.events.model import Event
from cairn.events.registry import COMPLETE
from cairn.metrics.declared import Declared, declared, published_flow
from cairn.metrics.documents import Conversion, Dimension, TelemetryDocument
from cairn.metrics.fold import fold
from cairn.metrics.items import EXPIRES, FOLDED_AT, rollup_key
from cairn.metrics.model import (
    MODELS_APART,
    OPERATIONS_APART,
    PUBLISHED_MODELS,
    SEGMENT_VALUES,
    STEPS_APART,
    Resolution,
    RollupKey,
)
from cairn.metrics.owners import NEVER_SEEN
from infra.inprocess.item_size import ITEM_BYTES, item_bytes
from tests.parcels import decided, happened, parcel_of, telling

LARGEST: Final = "-" + "9" * 38
"""A number that takes as many bytes as any."""

WORKSPACE: Final = "w" * 32
VALUES: Final = 100
CONVERSIONS: Final = 20
NUMBERS: Final = count()


def named(prefix: str, most: int, length: int = 64) -> list[str]:
    """As many names as are counted apart, as long as they may be, and one more."""
    return [f"{prefix}{number:03}".ljust(length, "x") for number in range(most + 1)]


PLANS: Final = named("plan_", SEGMENT_VALUES)
STEPS: Final = named("step_", STEPS_APART)
FLOW: Final = "f" * 64
PERSONAS: Final = named("persona_", SEGMENT_VALUES)
OPERATIONS: Final = [*own.OPERATIONS, *named("GET /", OPERATIONS_APART)]
MODELS: Final = named("m", MODELS_APART + PUBLISHED_MODELS, 61)
BOUGHT: Final = named("bought_", CONVERSIONS, 32)
CAMPAIGNS: Final = named("campaign_", VALUES)

DOCUMENT: Final = TelemetryDocument(
    dimensions=(
        Dimension(name="plan", values=tuple(PLANS[:-1]), segments=True),
        Dimension(name="campaign", limit=VALUES),
    ),
    conversions=tuple(Conversion(name=each) for each in BOUGHT[:-1]),
)
DECLARED: Final[Declared] = replace(
    declared(DOCUMENT),
    dimensions={"plan": frozenset(PLANS[:-1]), "campaign": frozenset(CAMPAIGNS[:-1])},
    flows={FLOW: published_flow(STEPS, PERSONAS)},
    operations=frozenset(OPERATIONS[:-1]),
    models=frozenset(f"p1/{each}" for each in MODELS[:-1]),
)


def session() -> str:
    return f"s-{next(NUMBERS)}"


def calls() -> Iterator[Event]:
    """Every operation and every model, failing."""
    for operation in OPERATIONS:
        route: dict[str, str | float] = {"operation": operation, "status": 500, "latency_ms": 1}
        for told in (route, {**route, "latency_ms": "unknown"}):
            yield telling(happened("a", "request.completed", session=session()), told)
    for tier in ("llm", "choice", "other"):
        for model in MODELS:
            tokens = ("uncached", "cached", "written", "output", "reasoning", "lost")
            said: dict[str, str | float] = {f"tokens_{each}": 1 for each in tokens}
            said |= {"tier": tier, "provider": "p1", "model": model, "flow": FLOW}
            said |= {"cost_usd": 1, "latency_ms": 1, "attempts": 1, "outcome": "timeout"}
            for told in (said, {**said, "latency_ms": "unknown"}):
                yield telling(happened("a", "llm.called", session=session()), told)


def walks(persona: str) -> Iterator[Event]:
    """Every step, viewed, completed and gone back from, and whatever else a flow counts."""
    for step in STEPS:
        whose = session()
        yield decided("a", session=whose, flow=FLOW, step=step, persona=persona)
        for minute, name in enumerate(("step.completed", "step.back"), 1):
            yield happened(name, name, session=whose, minute=minute, flow=FLOW, step=step)
        yield decided("z", session=whose, minute=3, flow=FLOW, step=COMPLETE)
        yield happened("u", "step.completed", session=session(), flow=FLOW, step=step)
    for source in ("cache", "rules", "choice", "llm", "fallback", "unheard"):
        for cache in ("L1", "L2", "none", "unheard"):
            told: dict[str, str | float] = {"source": source, "cache": cache, "degraded": "yes"}
            told |= {"fields_shown": 1, **({} if source == "cache" else {"confidence": 1})}
            yield telling(decided("a", session=session(), flow=FLOW, persona=persona), told)
    for refined in (True, False):
        rated: dict[str, str | float] = {"score": 1, "flow": FLOW, "refined": refined}
        yield telling(happened("a", "feedback.given", session=session()), rated)


def everything() -> Iterator[Event]:
    """Every counter that there can be."""
    for plan, persona in zip(PLANS, PERSONAS, strict=True):
        for event in (*calls(), *walks(persona)):
            yield telling(event, {"plan": plan})
    for campaign in CAMPAIGNS:
        for name in BOUGHT:
            told: dict[str, str | float] = {"name": name, "campaign": campaign}
            yield telling(happened("a", "conversion.completed", session=session()), told)


def counted() -> Mapping[RollupKey, set[str]]:
    """The counters of each item of a day, with everything in one shard."""
    found: dict[RollupKey, set[str]] = {}
    for events in batched(everything(), 50, strict=False):
        parcel = parcel_of(*events)
        owners, done = dict.fromkeys(parcel.owners, NEVER_SEEN), 0
        while done < len(events):
            folded = fold(parcel, done, owners, DECLARED)
            owners, done = {**owners, **folded.owners}, folded.done
            for key, counters in folded.rollups.items():
                if key.resolution is Resolution.DAY:
                    found.setdefault(key, set()).update(counters)
    return found


def size(key: RollupKey, counters: set[str]) -> int:
    stored = rollup_key(WORKSPACE, 9_999, key)
    item: dict[str, Mapping[str, object]] = {
        "pk": {"S": stored.pk},
        "sk": {"S": stored.sk},
        **{name: {"N": LARGEST} for name in ("schema", EXPIRES, FOLDED_AT, *counters)},
    }
    return item_bytes(item)


def test_whatever_is_sent_every_item_has_room_for_its_counters() -> None:
    sizes: dict[str, int] = {}
    for key, counters in counted().items():
        sizes[key.group] = max(sizes.get(key.group, 0), size(key, counters))
    wide = {"models@plan", f"flow.{FLOW}@plan", f"flow.{FLOW}@persona"}
    assert wide | {"campaign"} <= sizes.keys()
    assert {group: size for group, size in sizes.items() if size > ITEM_BYTES} == {}
    assert all(sizes[group] > ITEM_BYTES // 2 for group in wide), sizes
