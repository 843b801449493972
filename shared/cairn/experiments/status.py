"""Where an experiment stands, by its own words and the time."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Literal

from cairn.experiments.model import LONGEST_WINDOW_HOURS, ExperimentDocument, MetricDocument

type Status = Literal["draft", "running", "collecting", "ended"]
"""draft       it has not started
running     it takes in subjects
collecting  it takes in none any more; what those do whom it has still counts
ended       the last window is over
"""

LAST_LOOKS: Final = timedelta(days=2)
"""So long it is looked at after its end: events that come late still count."""


def status_of(
    experiment: ExperimentDocument, metrics: Mapping[str, MetricDocument], now: datetime
) -> Status:
    """Where an experiment stands.

    Args:
        experiment: its document.
        metrics: by their id; one that is missing counts as long as any may.
        now: the present.
    """
    closes = closing_of(experiment, metrics)
    if experiment.started is None or closes is None or now < experiment.started:
        return "draft"
    if experiment.ends is not None and now < experiment.ends:
        return "running"
    return "collecting" if now < closes else "ended"


def is_due(
    experiment: ExperimentDocument, metrics: Mapping[str, MetricDocument], now: datetime
) -> bool:
    """Whether there may be anything new in an experiment."""
    closes = closing_of(experiment, metrics)
    started = status_of(experiment, metrics, now) != "draft"
    return started and closes is not None and now < closes + LAST_LOOKS


def closing_of(
    experiment: ExperimentDocument, metrics: Mapping[str, MetricDocument]
) -> datetime | None:
    """When the last window of an experiment closes; None as long as it has no beginning."""
    if experiment.ends is None:
        return None
    hours = [metrics[each].window_hours for each in experiment.measured if each in metrics]
    return experiment.ends + timedelta(hours=max(hours, default=LONGEST_WINDOW_HOURS))
