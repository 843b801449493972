"""The names of what is counted: groups of rollups, and counters within them.

A group is what is read together: one partition per resolution and shard, an item per bucket. In a
group, a counter may stand under a value, as in `Feb|sessions`; under a segment, the value comes
first, as in `adaptive|decide|count`.

    all                     every event, sessions, page views, conversions, what came late
    <dimension>             sessions and conversions by the dimension's values
    operations              by operation: count, errors, microseconds
    models                  by provider and model: calls, failures, tokens, nano-dollars
    flow.<flow>             a flow's funnel by step, how it was decided, how visitors liked it
    <group>@<dimension>     the same once more, by the dimension's values
    latency                 sketches: an item per bucket and operation
"""

from typing import Final

ALL: Final = "all"
OPERATIONS: Final = "operations"
MODELS: Final = "models"
LATENCY: Final = "latency"
FLOW: Final = "flow."
SEGMENT: Final = "@"
GLUE: Final = "|"


def flow(name: str) -> str:
    """The group of a flow."""
    return FLOW + name


def segmented(group: str, dimension: str) -> str:
    """The group in which `group` is counted once more, by the values of a dimension."""
    return group + SEGMENT + dimension


def under(*parts: str) -> str:
    """A counter under a value, or under several."""
    return GLUE.join(parts)
