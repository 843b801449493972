"""Every bound of a decision in one place: sizes, times, retentions."""

from typing import Final

BODY_BYTES: Final = 256 * 1024
"""Largest body of a request."""

ANSWERS: Final = 500
"""Most answers in one request."""

EVENTS: Final = 100
"""Most events that may come along with one request."""

TRAITS: Final = 50
"""Most traits of a subject."""

DEADLINE_MS: Final = 1_500
"""The deadline of a request that names none."""

SHORTEST_DEADLINE_MS: Final = 50
LONGEST_DEADLINE_MS: Final = 10_000

ANSWER_RESERVE_MS: Final = 5
"""What every wait leaves of the deadline, so that the answer itself is in time."""

OPEN_RESERVE_MS: Final = 20
"""What reading leaves of the deadline, so that something can still be decided."""

FALLBACK_RESERVE_MS: Final = 10
"""What every tier before the fallback leaves of the deadline."""

MODEL_RESERVE_MS: Final = 75
"""What a model tier leaves of the deadline: the decision must still be kept and reported."""

MODEL_LEAST_MS: Final = 50
"""A model is not asked with less time than this: no answer would come."""

FIRST_SHARE: Final = 0.5
"""The part of the time that a model tier may use where another one stands behind it."""

REASONING_CHARS: Final = 500
"""How much of a model's reasoning a decision remembers."""

ATTEMPTS: Final = 5
"""How often a decision is made anew because another request changed its session."""

SESSION_S: Final = 30 * 86_400
"""How long a session is kept after it was last touched."""

ASSIGNED_S: Final = 220 * 86_400
"""How long a subject's variations are kept after the last new one: longer than experiments last."""

DECISION_S: Final = 90 * 86_400
"""How long a decision, and what explains it, is kept."""

IDEMPOTENCY_S: Final = 86_400
"""How long an Idempotency-Key is remembered."""

PLAN_S: Final = 600
"""How long a plan is cached; a changed flow has other keys, so this only frees memory."""

PLANS_IN_PROCESS: Final = 2_000
PLANS_WAITING: Final = 100
"""Most plans that wait in the process for the next trip to the cache."""

NEAREST_MISSES: Final = 5
"""Most rules that did not hold which a decision remembers."""

HELD_CHARS: Final = 224 * 1024
"""Longest JSON of all answers and traits of a session; the rest of it is the plan on screen."""

SESSION_BYTES: Final = 256 * 1024
"""Largest stored session; a table takes items of up to 400 KB."""
