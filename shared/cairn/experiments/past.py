"""What is said of a metric of which nothing is known from before the exposures.

Either subjects did nothing then, or nobody followed what they did: a metric is followed from its
publication with an experiment on, and the time before begins earlier.
"""

from datetime import datetime, timedelta
from typing import Final

from cairn.experiments.contribution import PERIOD_BEFORE_MS
from cairn.experiments.notes import note
from cairn.experiments.published_experiments import PublishedExperiment
from cairn.experiments.results import Findings, MetricResult
from cairn.platform.clock import rfc3339

NO_PAST: Final = "cuped_no_past"
NOT_FOLLOWED: Final = "cuped_not_followed"

PERIOD_BEFORE: Final = timedelta(milliseconds=PERIOD_BEFORE_MS)


def past_told(findings: Findings, planned: PublishedExperiment) -> Findings:
    """Findings that tell a silent past from one that nobody followed."""
    return findings.model_copy(
        update={
            "goals": tuple(_told(each, planned) for each in findings.goals),
            "guardrails": tuple(_told(each, planned) for each in findings.guardrails),
        }
    )


def _told(result: MetricResult, planned: PublishedExperiment) -> MetricResult:
    started, since = planned.document.started, _since(planned, result.metric)
    if started is None or since is None or since <= started - PERIOD_BEFORE:
        return result
    said = note(NOT_FOLLOWED, since=rfc3339(since), experiment=planned.document.id)
    notes = tuple(said if each.code == NO_PAST else each for each in result.notes)
    return result.model_copy(update={"notes": notes})


def _since(planned: PublishedExperiment, metric: str) -> datetime | None:
    """From when on a metric was followed as it is published now; None where that is not known."""
    known = (planned.at, planned.metrics_at.get(metric))
    return max((each for each in known if each is not None), default=None)
