"""The design that an experiment is judged by, and whether it may be judged at all."""

from datetime import datetime

from cairn.experiments.design import Design, design_of
from cairn.experiments.published_experiments import PublishedExperiment
from cairn.experiments.record import ExperimentRecord
from cairn.experiments.status import status_of
from cairn.platform.errors import Unprocessable


def designed(
    planned: PublishedExperiment, former: ExperimentRecord | None, now: datetime
) -> tuple[Design, tuple[datetime, ...]]:
    """The design that an experiment is judged by, and when it was seen to change.

    What the rule says now; what it said last, where it is gone or splits no more.

    Raises:
        Unprocessable: it has not started, its metrics are missing, or its control was never
            compared with anything.
    """
    _refuse_unjudgeable(planned, now)
    control = planned.document.control
    current = design_of(planned.rule, now) if planned.rule else None
    if current is None or not current.compares(control):
        if former is None or not former.design.compares(control):
            detail = "No rule of its flag splits subjects between the control and something else."
            raise Unprocessable(detail, code="experiment.no_split")
        return former.design, former.redesigned
    if former is None:
        return current, ()
    if current.same_as(former.design):
        return former.design, former.redesigned
    if not former.subjects:
        return current, former.redesigned
    return current, (*former.redesigned, now)


def _refuse_unjudgeable(planned: PublishedExperiment, now: datetime) -> None:
    if status_of(planned.document, planned.metrics, now) == "draft":
        raise Unprocessable("The experiment has not started.", code="experiment.not_started")
    if planned.missing:
        names = ", ".join(planned.missing)
        raise Unprocessable(
            f"Its metrics are not published: {names}.", code="experiment.unknown_metric"
        )
