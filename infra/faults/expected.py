"""What should become of a decision under each scenario: the design, as a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from cairn.decisions.finding import ModelTier, Source

type Providers = Literal[1, 2]
"""The first plays the scenario; the second, where there is one, is good."""


@dataclass(frozen=True, slots=True)
class Expected:
    """How a decision should have been made.

    Attributes:
        source: who decides.
        degraded: the code that the answer carries; None where nothing was missing.
        attempts: how often models were asked, both providers together.
    """

    source: Source
    degraded: str | None
    attempts: int


@dataclass(frozen=True, slots=True)
class Pair:
    """What is expected with one provider, and with two; `None` where the model decides."""

    one: tuple[str | None, int]
    two: tuple[str | None, int]

    def of(self, providers: Providers, tier: ModelTier) -> Expected:
        """The expectation with so many providers, of a cascade with this one model tier."""
        code, attempts = self.one if providers == 1 else self.two
        return Expected(tier if code is None else "fallback", code, attempts)


_DECIDES: Final = Pair((None, 1), (None, 1))
_LATE: Final = Pair(("llm_timeout", 1), (None, 2))
"""Alone, an attempt may take all the time there is; with another behind it, 60 percent."""

_AWAY: Final = Pair(("llm_unavailable", 1), (None, 2))
_AWAY_TWICE: Final = Pair(("llm_unavailable", 2), (None, 3))
_CROWDED: Final = Pair(("llm_unavailable", 2), (None, 2))
"""Alone, it is asked again; with another behind it, it is left in peace at once."""

_ONCE: Final = Pair((None, 2), (None, 2))
_INVALID: Final = Pair(("llm_invalid_output", 1), (None, 2))
_UNREADABLE: Final = Pair(("llm_invalid_output", 2), (None, 3))
"""What is no answer at all may be another one a moment later."""

_REFUSED: Final = Pair(("llm_refused", 1), (None, 2))

LLM: Final[Mapping[str, Pair]] = {
    "good": _DECIDES,
    "slow": _LATE,
    "slow_then_fast": _LATE,
    "dribble": _LATE,
    "hang": _LATE,
    "rate_limit": _CROWDED,
    "retry_after": _ONCE,
    "retry_after_long": _AWAY,
    "error_500": _AWAY_TWICE,
    "error_500_once": _ONCE,
    "overloaded": _CROWDED,
    "auth": _AWAY,
    "model_missing": _AWAY,
    "bad_request": _AWAY,
    "reset": _AWAY_TWICE,
    "reset_once": _ONCE,
    "cut": _AWAY_TWICE,
    "truncated": _INVALID,
    "truncated_unsaid": _INVALID,
    "not_json": _INVALID,
    "html": _UNREADABLE,
    "wrong_tool": _INVALID,
    "foreign_ids": _INVALID,
    "refusal": _REFUSED,
    "filtered": _REFUSED,
    "empty": _INVALID,
    "no_choices": _UNREADABLE,
    "duplicate_keys": _INVALID,
    "huge": _INVALID,
    "multi_call": _INVALID,
    "extra_text": _INVALID,
    "extra_keys": _INVALID,
    "usage_missing": _DECIDES,
}
"""By scenario. `unsure` stands apart: see `UNSURE`."""

OF_TOOLS: Final = frozenset(
    {"not_json", "wrong_tool", "duplicate_keys", "huge", "multi_call", "extra_text", "extra_keys"}
)
"""Scenarios that say nothing about the Decisions API."""

CHOICE: Final[Mapping[str, Pair]] = {
    **{name: pair for name, pair in LLM.items() if name not in OF_TOOLS},
    "truncated": _UNREADABLE,
    "truncated_unsaid": _UNREADABLE,
    "empty": _UNREADABLE,
    "no_choices": _UNREADABLE,
}
"""The same of the Decisions API, whose answers are JSON themselves."""

UNSURE: Final = Expected("fallback", None, 1)
"""A model that is hardly sure has done its work: nothing is missing, and it is not followed."""


def expected(tier: ModelTier, scenario: str, providers: Providers) -> Expected | None:
    """What should become of a decision; None where the scenario says nothing about the tier."""
    if scenario == "unsure":
        return UNSURE
    pair = (LLM if tier == "llm" else CHOICE).get(scenario)
    return pair.of(providers, tier) if pair else None
