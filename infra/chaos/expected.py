"""What must have been counted of the visits, straight from the shoppers."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cairn.events.registry import COMPLETE
from cairn.metrics.sketch import counter_of
from cairn.platform.clock import epoch_ms
from infra.chaos.visits import (
    ENTRANCE,
    goes_back,
    latency_ms,
    score_of,
    time_between,
    time_on,
    tokens_in,
)
from infra.replay.shoppers import Shopper
from infra.replay.story import Clock
from infra.replay.truth import Counts, truth

type Sketch = Mapping[str, int]
"""Counts by the counter of a bucket."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The truth of a file.

    Attributes:
        totals: sessions, page views and purchases, as a replay names them.
        funnel: counters of the flow's group.
        sketches: by name.
    """

    totals: Counts
    funnel: Counts
    sketches: Mapping[str, Sketch]


def expected(shoppers: Sequence[Shopper], ends: datetime) -> Expected:
    """The truth of these shoppers, on a clock that ends then."""
    clock = Clock(ends, len(shoppers))
    funnel: Counter[str] = Counter()
    completions: list[int] = []
    for each in shoppers:
        funnel.update(_walked(each))
        if each.purchased:
            us = completion_us(each, clock.start_of(each))
            funnel.update({"completed": 1, "us_to_completion": us})
            completions.append(us)
    numbers = {
        "model.llm": [round(latency_ms(each) * 1_000) for each in shoppers],
        "tokens.in": [tokens_in(each) for each in shoppers],
        "tokens.out": [each.pages + 1 for each in shoppers],
        "score": [score * 1_000 for each in shoppers if (score := score_of(each))],
        "completion_us": completions,
    }
    return Expected(
        totals=truth(shoppers),
        funnel=funnel,
        sketches={name: Counter(map(counter_of, each)) for name, each in numbers.items()},
    )


def decisions_of(shopper: Shopper) -> list[str]:
    """The steps that decisions showed a session."""
    return [ENTRANCE, COMPLETE] if shopper.purchased else [ENTRANCE]


def completion_us(shopper: Shopper, start: datetime) -> int:
    """From the beginning of a session to its purchase, microseconds."""
    end = start + timedelta(milliseconds=sum(time_on(shopper).values()))
    return (epoch_ms(_as_sent(end)) - epoch_ms(_as_sent(start))) * 1_000


def _as_sent(at: datetime) -> datetime:
    """A time as events tell it: in whole milliseconds."""
    return datetime.fromisoformat(at.isoformat(timespec="milliseconds"))


def _walked(shopper: Shopper) -> Mapping[str, int]:
    """What a session adds to the counters of the flow, save its completion."""
    return dict(_counters(shopper))


def _counters(shopper: Shopper) -> Iterator[tuple[str, int]]:
    decisions = len(decisions_of(shopper))
    yield from (("started", 1), (f"reached|{ENTRANCE}", 1))
    yield from (("decisions", decisions), ("source.llm", decisions), ("cache.none", decisions))
    yield "unrated", decisions
    spent = time_between(shopper)
    for step, ms in spent.items():
        yield f"reached|{step}", 1
        yield f"completed|{step}", 1
        yield (f"us_on|{step}", ms * 1_000) if ms else (f"untimed|{step}", 1)
    if spent and goes_back(shopper):
        yield f"back|{list(spent)[-1]}", 1
    score = score_of(shopper)
    if score is not None:
        yield from (("feedback", 1), ("score_milli", score * 1_000))
