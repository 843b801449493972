"""What one event says in numbers: of operations, of models, of a flow, and for sketches.

* `decision.made` is the operation `decide`, `llm.called` is `model.<tier>`, and `request.completed`
  is its route. An operation fails by itself (`errors`); a decision that something was missing for
  is `degraded`, and an error only where nothing but the fallback was left.
* Numbers are whole: microseconds, nano-dollars, thousandths of a score, millionths of confidence.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from cairn.events.model import Event
from cairn.metrics.model import Counters
from cairn.metrics.series import DECIDE, MODEL_TIER, SCORE, TOKENS_IN, TOKENS_OUT, under

LABEL_LENGTH: Final = 64
"""How much of a name from an event becomes part of a counter's name."""

UNKNOWN: Final = "unknown"
NONE: Final = "none"
FALLBACK: Final = "fallback"
ANSWERED: Final = "answered"
SERVER_FAULT: Final = 500

DECISION_MADE: Final = "decision.made"
LLM_CALLED: Final = "llm.called"
REQUEST_COMPLETED: Final = "request.completed"
STEP_COMPLETED: Final = "step.completed"
STEP_BACK: Final = "step.back"
FEEDBACK_GIVEN: Final = "feedback.given"

COST: Final = "nano_usd"
"""Of a model and of a flow: what its calls cost."""

TOKENS: Final = ("uncached", "cached", "written", "output", "reasoning", "lost")
REFINED: Final = "refined"
FIRST_PASS: Final = "first_pass"  # noqa: S105  # no secret
"""What a sender may say of what was shown: that it was changed, or taken as it was."""

NO_COUNTERS: Final[Counters] = MappingProxyType({})

_APART: Final = str.maketrans("|@#", "___")


class Measures(NamedTuple):
    """What an event says in numbers.

    Attributes:
        operations: counters of the group `operations`.
        models: counters of the group `models`.
        flow: counters of its flow's group.
        everything: counters of the group `all`.
        sketched: numbers for sketches, by name.
    """

    operations: Counters = NO_COUNTERS
    models: Counters = NO_COUNTERS
    flow: Counters = NO_COUNTERS
    everything: Counters = NO_COUNTERS
    sketched: Mapping[str, int] = NO_COUNTERS


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
    return _label(f"{event.text('provider') or UNKNOWN}/{event.text('model') or UNKNOWN}")


def _decided(event: Event) -> Measures:
    us = _scaled(event, "latency_ms", 1_000)
    source = label(event, "source")
    degraded = label(event, "degraded", NONE) != NONE
    operations = {under(DECIDE, "count"): 1, under(DECIDE, "us"): us}
    flow = {
        "decisions": 1,
        f"source.{source}": 1,
        f"cache.{label(event, 'cache', NONE)}": 1,
        "confidence_ppm": _scaled(event, "confidence", 1_000_000),
        "fields_shown": _scaled(event, "fields_shown"),
        **_judged(event),
    }
    if degraded:
        operations[under(DECIDE, "degraded")] = flow["degraded"] = 1
        if source == FALLBACK:
            operations[under(DECIDE, "errors")] = 1
    return Measures(operations=operations, flow=flow, sketched={DECIDE: us})


def _asked(event: Event) -> Measures:
    us = _scaled(event, "latency_ms", 1_000)
    nano_usd = _scaled(event, "cost_usd", 1_000_000_000)
    failed = event.text("outcome") != ANSWERED
    operation = MODEL_TIER + label(event, "tier")
    model = model_label(event)
    tokens = {name: _scaled(event, f"tokens_{name}") for name in TOKENS}
    said = {
        "calls": 1,
        "failed": int(failed),
        "attempts": _scaled(event, "attempts"),
        **tokens,
        COST: nano_usd,
        "us": us,
    }
    sketched = {
        operation: us,
        TOKENS_IN: tokens["uncached"] + tokens["cached"] + tokens["written"],
        TOKENS_OUT: tokens["output"],
    }
    return Measures(
        operations=_operation(operation, us, failed=failed),
        models={under(model, name): count for name, count in said.items() if count},
        flow={COST: nano_usd} if nano_usd else NO_COUNTERS,
        sketched={name: number for name, number in sketched.items() if number or name == operation},
    )


def _completed(event: Event) -> Measures:
    us = _scaled(event, "latency_ms", 1_000)
    operation = label(event, "operation")
    failed = _scaled(event, "status") >= SERVER_FAULT
    return Measures(operations=_operation(operation, us, failed=failed), sketched={operation: us})


def _step_completed(event: Event) -> Measures:
    return Measures(flow=_judged(event))


def _step_back(event: Event) -> Measures:
    return Measures(flow={under("back", label(event, "step")): 1})


def _feedback(event: Event) -> Measures:
    milli = _scaled(event, "score", 1_000)
    given = {"feedback": 1, "score_milli": milli}
    return Measures(flow={**given, **_judged(event)}, everything=given, sketched={SCORE: milli})


def _operation(name: str, us: int, *, failed: bool) -> Counters:
    counted = {under(name, "count"): 1, under(name, "us"): us}
    return {**counted, under(name, "errors"): 1} if failed else counted


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


def _scaled(event: Event, name: str, scale: int = 1) -> int:
    """A number in whole units; 0 where there is none."""
    value = event.attributes.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return round(value * scale)


_MEASURED: Final[Mapping[str, Callable[[Event], Measures]]] = {
    DECISION_MADE: _decided,
    LLM_CALLED: _asked,
    REQUEST_COMPLETED: _completed,
    STEP_COMPLETED: _step_completed,
    STEP_BACK: _step_back,
    FEEDBACK_GIVEN: _feedback,
}
