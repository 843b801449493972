"""Whether the arms of an experiment fit the one item that counts them."""

from collections.abc import Iterable
from typing import Final

from cairn.experiments.following import MOST
from cairn.experiments.model import MetricDocument
from cairn.metrics.series import under
from cairn.metrics.sketch import bucket_of, counter_of

ROOM: Final = 320 * 1024
"""Bytes for durations by bucket; the rest of what an item may have is for sums and dimensions."""

HOUR_MS: Final = 3_600_000

COUNT_BYTES: Final = 7
"""A number of up to 12 digits."""


def too_wide(variations: Iterable[str], metrics: Iterable[MetricDocument]) -> bool:
    """Whether durations of every length, should they come, would outgrow the item."""
    durations = [each for each in metrics if each.type == "duration"]
    return sum(_bytes(name, each) for name in variations for each in durations) > ROOM


def _bytes(variation: str, metric: MetricDocument) -> int:
    longest = _longest_ms(metric)
    name = under(variation, metric.id, counter_of(longest))
    return (bucket_of(longest) + 1) * (len(name) + COUNT_BYTES)


def _longest_ms(metric: MetricDocument) -> float:
    window = metric.window_hours * HOUR_MS if metric.value is None else MOST
    return min(window, MOST if metric.cap is None else metric.cap)
