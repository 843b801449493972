"""What one event says in numbers: of operations, of models, of a flow, and for sketches.

* `decision.made` is the operation `decide`, `llm.called` is `model.<tier>`, and `request.completed`
  is its route. An operation fails by itself (`errors`); a decision that something was missing for
  is `degraded`, and an error only where nothing but the fallback was left.
* Numbers are whole: microseconds, nano-dollars, thousandths of a score, millionths of confidence.
  One that is not told is not counted as nothing: it is missing in its mean and in its sketch.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from cairn.events.model import EXACT, Event
from cairn.events.registry import (
    DECISION_MADE,
    FEEDBACK_GIVEN,
    LLM_CALLED,
    REQUEST_COMPLETED,
    STEP_BACK,
    STEP_COMPLETED,
)
from cairn.metrics.model import Counters
from cairn.metrics.series import (
    DECIDE,
    MODEL_TIER,
    SCORE,
    TOKENS_IN,
    TOKENS_OUT,
    under,
    under_value,
)
from cairn.platform.errors import SERVER_FAULT

LABEL_LENGTH: Final = 64
"""How much of a name from an event becomes part of a counter's name."""

UNKNOWN: Final = "unknown"
NONE: Final = "none"
FALLBACK: Final = "fallback"
ANSWERED: Final = "answered"


COST: Final = "nano_usd"
"""Of a model and of a flow: what its calls cost."""

UNTIMED: Final = "untimed"
"""Of an operation, a model and a step: how often nobody knows what it took."""

UNRATED: Final = "unrated"
"""Of a flow: decisions that do not say how sure they are."""

FIELDS_SHOWN: Final = "fields_shown"
"""Attribute of a decision: how many fields it shows."""

TOKENS: Final = ("uncached", "cached", "written", "output", "reasoning", "lost")
REFINED: Final = "refined"
FIRST_PASS: Final = "first_pass"  # noqa: S105  # no secret
"""What a sender may say of what was shown: that it was changed, or taken as it was."""

NO_COUNTERS: Final[Counters] = MappingProxyType({})

_APART: Final = str.maketrans("|@#", "___")


class Measures(NamedTuple):
    """What an event says in numbers.

    Attributes:
        operation: what was carried out; empty where nothing was.
        carried: its counters.
        models: counters of the group `models`.
        flow: counters of its flow's group.
        everything: counters of the group `all`.
        sketched: numbers for sketches, by name.
    """

    operation: str = ""
    carried: Counters = NO_COUNTERS
    models: Counters = NO_COUNTERS
    flow: Counters = NO_COUNTERS
    everything: Counters = NO_COUNTERS
    sketched: Mapping[str, int] = NO_COUNTERS

    @property
    def operations(self) -> Counters:
        """Counters of the group `operations`."""
        return under_value(self.operation, self.carried)


NOTHING: Final = Measures()


def measures(event: Event) -> Measures:
    """What an event says in numbers; `NOTHING` of most types."""
    measured = _MEASURED.get(event.type)
    return NOTHING if measured is None else measured(event)


def label(event: Event, name: str, default: str = UNKNOWN) -> str:
    """An attribute as a part of a counter's name."""
    return _label(event.text(name) or default)


def model_label(event: Event) -> str:
    """The provider and, after a slash, its model, as a part of a counter's name."""
    return label_of_model(event.text("provider") or UNKNOWN, event.text("model") or UNKNOWN)


def label_of_model(provider: str, model: str) -> str:
    """The same of any provider and model."""
    return _label(f"{provider}/{model}")


def _decided(event: Event) -> Measures:
    us = scaled(event, "latency_ms", 1_000)
    confidence_ppm = scaled(event, "confidence", 1_000_000)
    source = label(event, "source")
    degraded = label(event, "degraded", NONE) != NONE
    carried = _carried(us)
    flow = {
        "decisions": 1,
        f"source.{source}": 1,
        f"cache.{label(event, 'cache', NONE)}": 1,
        **({UNRATED: 1} if confidence_ppm is None else {"confidence_ppm": confidence_ppm}),
        **_judged(event),
    }
    if degraded:
        carried["degraded"] = flow["degraded"] = 1
        if source == FALLBACK:
            carried["errors"] = 1
    return Measures(DECIDE, carried, flow=flow, sketched=_told({DECIDE: us}))


def _asked(event: Event) -> Measures:
    us = scaled(event, "latency_ms", 1_000)
    nano_usd = scaled(event, "cost_usd", 1_000_000_000)
    failed = event.text("outcome") != ANSWERED
    operation = MODEL_TIER + label(event, "tier")
    model = model_label(event)
    tokens = _told({name: scaled(event, f"tokens_{name}") for name in TOKENS})
    said = {
        "calls": 1,
        "failed": int(failed),
        "attempts": scaled(event, "attempts"),
        **tokens,
        COST: nano_usd,
        "us": us,
        UNTIMED: int(us is None),
    }
    read = [tokens[name] for name in ("uncached", "cached", "written") if name in tokens]
    sketched = {
        operation: us,
        TOKENS_IN: sum(read) if read else None,
        TOKENS_OUT: tokens.get("output"),
    }
    return Measures(
        operation,
        _carried(us, failed=failed),
        models={under(model, name): count for name, count in said.items() if count},
        flow={COST: nano_usd} if nano_usd else NO_COUNTERS,
        sketched=_told(sketched),
    )


def _completed(event: Event) -> Measures:
    us = scaled(event, "latency_ms", 1_000)
    operation = label(event, "operation")
    failed = (scaled(event, "status") or 0) >= SERVER_FAULT
    return Measures(operation, _carried(us, failed=failed), sketched=_told({operation: us}))


def _step_completed(event: Event) -> Measures:
    return Measures(flow=_judged(event))


def _step_back(event: Event) -> Measures:
    return Measures(flow={under("back", label(event, "step")): 1})


def _feedback(event: Event) -> Measures:
    milli = scaled(event, "score", 1_000)
    if milli is None:
        return Measures(flow=_judged(event))
    given = {"feedback": 1, "score_milli": milli}
    return Measures(flow={**given, **_judged(event)}, everything=given, sketched={SCORE: milli})


def _carried(us: int | None, *, failed: bool = False) -> dict[str, int]:
    took = {UNTIMED: 1} if us is None else {"us": us}
    return {"count": 1, **took, **({"errors": 1} if failed else {})}


def _told(numbers: Mapping[str, int | None]) -> dict[str, int]:
    """Of some numbers those that there are."""
    return {name: number for name, number in numbers.items() if number is not None}


def _judged(event: Event) -> Counters:
    """What the sender says of what was shown; of two opposites, either may be told."""
    for name, opposite in ((REFINED, FIRST_PASS), (FIRST_PASS, REFINED)):
        told = event.attributes.get(name)
        if isinstance(told, bool):
            return {name if told else opposite: 1}
    return {}


@lru_cache(maxsize=4_096)
def _label(text: str) -> str:
    cut = text[:LABEL_LENGTH]
    if not cut.isascii():
        cut = cut.encode()[:LABEL_LENGTH].decode(errors="ignore")
    return cut.translate(_APART)


def scaled(event: Event, name: str, scale: int = 1) -> int | None:
    """A number in whole units; None where there is none.

    Raises:
        ValueError: no attribute may be so large, or negative.
    """
    value = event.attributes.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not 0 <= value <= EXACT:
        raise ValueError(f"{name} lies outside of what can be counted")
    return round(value * scale)


_MEASURED: Final[Mapping[str, Callable[[Event], Measures]]] = {
    DECISION_MADE: _decided,
    LLM_CALLED: _asked,
    REQUEST_COMPLETED: _completed,
    STEP_COMPLETED: _step_completed,
    STEP_BACK: _step_back,
    FEEDBACK_GIVEN: _feedback,
}
