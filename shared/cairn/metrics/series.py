"""The names of what is counted: groups of rollups, and counters within them.

A group is what is read together: one partition per resolution and shard, an item per bucket. In a
group, a counter may stand under a value, as in `Feb|sessions`; under a segment, the value comes
first, as in `adaptive|reached|team`. All counts are whole numbers.

    all                     every event, sessions, page views, conversions, what came late
    <dimension>             sessions and conversions by the dimension's values
    operations              by operation: count, errors, microseconds
    models                  by provider and model: calls, failures, tokens, nano-dollars
    flow.<flow>             a flow's funnel by step, how it was decided, what its models cost,
                            how visitors liked it; `flow.other` of those that are not published
    <group>@<dimension>     the last three once more, by the dimension's values; of operations, an
                            item per bucket, value and operation, with its sketch
    latency                 sketches: an item per bucket and name
    subjects                who was there: registers of `cairn.metrics.distinct`
"""

from collections.abc import Mapping
from typing import Final

ALL: Final = "all"
OPERATIONS: Final = "operations"
MODELS: Final = "models"
LATENCY: Final = "latency"
SUBJECTS: Final = "subjects"
FLOW: Final = "flow."
SEGMENT: Final = "@"
GLUE: Final = "|"

GROUPS: Final = frozenset({ALL, OPERATIONS, MODELS, LATENCY, SUBJECTS})
"""The groups that a dimension cannot be named like."""

FLOWS: Final = "flows"
STEPS: Final = "steps"
PERSONAS: Final = "personas"
SOURCES: Final = "sources"
CACHES: Final = "caches"
TIERS: Final = "tiers"

VOCABULARIES: Final = frozenset(
    {OPERATIONS, MODELS, FLOWS, STEPS, PERSONAS, SOURCES, CACHES, TIERS}
)
"""What is counted by name, declared or not: see `cairn.metrics.named`. No dimension is named so."""

LATE: Final = "late"
"""In `all`: events that came when their minute had been over for two days."""

FOLDED: Final = "folded."
"""In `all`, by dimension: sessions whose value is counted as `other`; by vocabulary: events."""

DECIDE: Final = "decide"
"""The operation that every decision is."""

MODEL_TIER: Final = "model."
"""The operation of asking a model, by the tier that asks."""

TOKENS_IN: Final = "tokens.in"
TOKENS_OUT: Final = "tokens.out"
COMPLETION_US: Final = "completion_us"
SCORE: Final = "score"
"""Sketches beside those of the operations' microseconds; scores are in thousandths."""

PERSONA: Final = "persona"
"""The dimension by which every flow is counted once more, declared or not."""


def flow(name: str) -> str:
    """The group of a flow."""
    return FLOW + name


def segmented(group: str, dimension: str) -> str:
    """The group in which `group` is counted once more, by the values of a dimension."""
    return group + SEGMENT + dimension


def under(*parts: str) -> str:
    """A counter under a value, or under several."""
    return GLUE.join(parts)


def under_value(value: str, counters: Mapping[str, int]) -> dict[str, int]:
    """Counters under a value."""
    return {value + GLUE + name: count for name, count in counters.items()}
