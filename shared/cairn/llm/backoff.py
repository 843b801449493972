"""How long an attempt may take, how long to wait before another, and when to go on instead."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from cairn.llm.classify import worth_repeating
from cairn.llm.client import AttemptFailed
from cairn.llm.documents import Backoff
from cairn.llm.model import ErrorClass

type Chance = Callable[[], float]
"""Gives a random number, at least 0 and less than 1."""

LEAST_MS: Final = 20.0
"""With less time than this an attempt is not begun."""

SHARE: Final = 0.6
"""What an attempt may take of the time left, while another provider stands behind."""

_CROWDED: Final = frozenset({ErrorClass.RATE_LIMIT, ErrorClass.OVERLOADED})


@dataclass(frozen=True, slots=True)
class Again:
    """The same provider is asked again, after a wait in milliseconds."""

    wait_ms: float


type Then = Again | Literal["next"]


def allowance_ms(left_ms: float, *, behind: int, patience_ms: int | None) -> float:
    """How long an attempt may take: all that is left, or a share while others stand behind."""
    if not behind:
        return left_ms
    return min(left_ms, left_ms * SHARE if patience_ms is None else patience_ms)


def wait_ms(backoff: Backoff, made: int, retry_after_ms: float | None, chance: Chance) -> float:
    """How long to wait after `made` attempts: what the provider asked for, and full jitter.

    Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """
    most = min(backoff.cap_ms, backoff.base_ms << (made - 1))
    return (retry_after_ms or 0.0) + chance() * most


def after(
    failed: AttemptFailed, wait: float, *, repeats: bool, left_ms: float, behind: int
) -> Then:
    """What follows a failed attempt.

    A crowded provider is left alone at once where another stands behind it; and nobody waits
    so long that no time would be left to ask.

    Args:
        failed: the attempt.
        wait: before another attempt, in milliseconds.
        repeats: whether the provider may be asked once more.
        left_ms: of the deadline, less the reserve.
        behind: how many providers have not been asked yet.
    """
    crowded = behind and failed.error_class in _CROWDED
    in_time = wait + LEAST_MS <= left_ms
    if repeats and in_time and not crowded and worth_repeating(failed.error_class):
        return Again(wait)
    return "next"
