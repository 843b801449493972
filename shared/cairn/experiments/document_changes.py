"""What of an experiment was changed while it ran, though its results stand on it.

Arms hold every subject as it counted when it came last. A metric that says something else from now
on counts those who come again, and leaves the others as they were; so each part of what was
published is remembered by its fingerprint, from the look on at which the first subject was there.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Final

from pydantic import BaseModel
from pydantic_core import to_json

from cairn.configuration.history import History
from cairn.experiments.model import MetricDocument
from cairn.experiments.notes import note
from cairn.experiments.published_experiments import PublishedExperiment
from cairn.experiments.record import ExperimentRecord
from cairn.experiments.results import Findings, MetricResult, Note
from cairn.platform.clock import rfc3339

PLAN: Final = ("control", "metrics", "guardrails", "analysis", "started", "until")
"""What of an experiment's document is settled before anybody looks."""

SERVING: Final = "serving"
"""Whether decisions serve variations, or clients report what they did."""

CONTROL: Final = "control"
METRIC: Final = "metric/"

UNCOUNTED: Final = frozenset({"kind", "id", "description", "owner", "direction"})
"""What of a metric's document changes no count."""


@dataclass(frozen=True, slots=True)
class Course:
    """What results stand on, and how that went.

    Attributes:
        said: fingerprints of what is published now, by part.
        changed: when a part was changed last, of those that were changed while it ran.
        absent: when the experiment was last taken out of publication while it ran.
    """

    said: Mapping[str, str]
    changed: Mapping[str, datetime] = field(default_factory=dict)
    absent: datetime | None = None


def course_of(
    planned: PublishedExperiment,
    former: ExperimentRecord | None,
    history: Callable[[], History],
    now: datetime,
) -> Course:
    """What results stand on now, and what of it was changed since the last look.

    As long as nobody was exposed, everything may change.

    Args:
        planned: as it is published.
        former: how it stood at the last look.
        history: of its document, newest first; asked for only where there is something new in it.
        now: when it is looked at.

    Raises:
        StoreUnavailable: the history cannot be read.
    """
    said = dict(_said(planned))
    if former is None or not former.subjects or not former.said:
        return Course(said)
    changed = {
        part: _when(planned, part) or now
        for part, print_ in said.items()
        if former.said.get(part) != print_
    }
    absent = former.absent
    if planned.version != former.document:
        absent = _removed(history(), former.document) or absent
    return Course(said, {**former.changed, **changed}, absent)


def remarked(findings: Findings, course: Course) -> Findings:
    """Findings, with notes on what they stand on and was changed."""
    return findings.model_copy(
        update={
            "goals": tuple(_remarked(each, course) for each in findings.goals),
            "guardrails": tuple(_remarked(each, course) for each in findings.guardrails),
            "notes": (*findings.notes, *_notes(course)),
        }
    )


def _said(planned: PublishedExperiment) -> Iterator[tuple[str, str]]:
    for part in PLAN:
        yield part, _print(planned.document, {part})
    yield SERVING, "decisions" if planned.decided else "clients"
    for name, metric in planned.metrics.items():
        yield METRIC + name, _print(metric, set(MetricDocument.model_fields) - UNCOUNTED)


def _removed(history: History, since: int) -> datetime | None:
    """When a document was last taken out of publication, in this version or a later one."""
    removals = (
        each.publication.at
        for each in history.changes
        if each.change.action == "remove" and each.change.version >= since
    )
    return max(removals, default=None)


def _print(document: BaseModel, parts: set[str]) -> str:
    told = to_json(document.model_dump(mode="json", include=parts))
    return blake2b(told, digest_size=8).hexdigest()


def _when(planned: PublishedExperiment, part: str) -> datetime | None:
    """When the document was published that a part stands in."""
    if part.startswith(METRIC):
        return planned.metrics_at.get(part.removeprefix(METRIC))
    return planned.at


def _remarked(result: MetricResult, course: Course) -> MetricResult:
    at = course.changed.get(METRIC + result.metric)
    if at is None:
        return result
    told = note("metric_changed", at=rfc3339(at))
    return result.model_copy(update={"notes": (*result.notes, told)})


def _notes(course: Course) -> Iterator[Note]:
    parts = {part: at for part, at in course.changed.items() if not part.startswith(METRIC)}
    if parts:
        yield note("replanned", parts=", ".join(parts), at=rfc3339(max(parts.values())))
    if course.absent is not None:
        yield note("interrupted", at=rfc3339(course.absent))
