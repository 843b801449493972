"""Whether the arms of an experiment fit the one item, and the one update, that counts them."""

from collections.abc import Iterable, Mapping
from typing import Final

from cairn.experiments.following import most_of
from cairn.experiments.model import MetricDocument, MetricType
from cairn.metrics.series import under
from cairn.metrics.sketch import ZERO, bucket_of, counter_of
from cairn.platform.clock import HOUR_MS

ROOM: Final = 320 * 1024
"""Bytes for durations by bucket; the rest of what an item may have is for sums and dimensions."""

COUNT_BYTES: Final = 7
"""A number of up to 12 digits."""

AT_ONCE: Final = 299
"""Counters that one update adds to: it has at most 300 operators, one of which is no counter."""

COUNTERS: Final[Mapping[MetricType, int]] = {"proportion": 3, "mean": 7, "ratio": 16, "duration": 4}
"""What a subject counts in, by the type of the metric (see `cairn.experiments.contribution`)."""


def too_wide(variations: Iterable[str], metrics: Iterable[MetricDocument]) -> bool:
    """Whether durations of every length, should they come, would outgrow the item."""
    durations = [each for each in metrics if each.type == "duration"]
    return sum(_bytes(name, each) for name in variations for each in durations) > ROOM


def too_many(dimensions: int, metrics: Iterable[MetricDocument]) -> bool:
    """Whether a subject who turns out to have seen two variations changes too much at once.

    It leaves both arms, with all that it counted for there, and crosses.
    """
    counted = 1 + dimensions + sum(COUNTERS[each.type] for each in metrics)
    return 2 * counted + 3 > AT_ONCE


def _bytes(variation: str, metric: MetricDocument) -> int:
    longest = _longest_ms(metric)
    name = under(variation, metric.id, counter_of(longest))
    return (bucket_of(longest) - ZERO + 1) * (len(name) + COUNT_BYTES)


def _longest_ms(metric: MetricDocument) -> float:
    most = most_of(metric.type)
    window = metric.window_hours * HOUR_MS if metric.value is None else most
    return min(window, most if metric.cap is None else metric.cap)
