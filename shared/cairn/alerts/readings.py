"""What the metrics of a workspace's rules say in one run; each group and window is read once."""

from collections.abc import Mapping
from datetime import datetime

from cairn.alerts.model import AlertDocument
from cairn.alerts.state import Reading
from cairn.metrics.model import Counters
from cairn.metrics.query import Rollups, summed
from cairn.metrics.series import ALL, GLUE
from cairn.metrics.windows import WINDOWS, span_of


def reading_of(document: AlertDocument, counters: Counters | None) -> Reading:
    """What the metric of a rule says.

    Args:
        document: the rule.
        counters: sums over the window; None where nothing was recorded in it.
    """
    if counters is None:
        return Reading(None, 0)
    expression = document.expression
    count = counters.get(expression.counter, 0)
    if expression.per is None:
        return Reading(count, count)
    samples = counters.get(expression.per, 0)
    return Reading(count / samples if samples else None, samples)


class Readings:
    """The readings of one workspace at one instant."""

    def __init__(self, rollups: Rollups, workspace: str, now: datetime) -> None:
        self._rollups = rollups
        self._workspace = workspace
        self._now = now
        self._read: dict[tuple[str, str], Counters] = {}

    def of(self, document: AlertDocument) -> Reading:
        """What the metric of a rule says now."""
        return reading_of(document, self._counters(document.group, document.window))

    def _counters(self, group: Mapping[str, str] | None, window: str) -> Counters | None:
        if group is None:
            return self._summed(ALL, window) or None
        ((dimension, value),) = group.items()
        own = f"{value}{GLUE}"
        counters = self._summed(dimension, window)
        return {
            name.removeprefix(own): count
            for name, count in counters.items()
            if name.startswith(own)
        } or None

    def _summed(self, group: str, window: str) -> Counters:
        if (group, window) not in self._read:
            span = span_of(WINDOWS[window], self._now)
            reading = self._rollups.read(self._workspace, group, span)
            self._read[group, window] = summed(reading.buckets)
        return self._read[group, window]
