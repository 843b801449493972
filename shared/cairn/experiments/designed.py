"""The design that an experiment is judged by, and whether it may be judged at all."""

from datetime import datetime

from cairn.experiments.design import Design, design_of
from cairn.experiments.planned import Planned
from cairn.experiments.standing import Standing
from cairn.experiments.status import status_of
from cairn.platform.errors import Unprocessable


def designed(
    planned: Planned, former: Standing | None, now: datetime
) -> tuple[Design, tuple[datetime, ...]]:
    """The design that an experiment is judged by, and when it was seen to change.

    What the rule says now; what it said last, where it is gone or splits no more.

    Raises:
        Unprocessable: it has not started, its metrics are missing, or nothing ever was split.
    """
    _refuse_unjudgeable(planned, now)
    current = design_of(planned.rule, now) if planned.rule else None
    compares = current is not None and current.compares(planned.document.control)
    if former is None:
        if current is None or not compares:
            detail = "No rule of its flag splits subjects between the control and something else."
            raise Unprocessable(detail, code="experiment.no_split")
        return current, ()
    if current is None or not compares or current.same_as(former.design):
        return former.design, former.redesigned
    if not any(former.result.findings.sample_ratio.exposed.values()):
        return current, former.redesigned
    return current, (*former.redesigned, now)


def _refuse_unjudgeable(planned: Planned, now: datetime) -> None:
    if status_of(planned.document, planned.metrics, now) == "draft":
        raise Unprocessable("The experiment has not started.", code="experiment.not_started")
    if planned.missing:
        names = ", ".join(planned.missing)
        raise Unprocessable(
            f"Its metrics are not published: {names}.", code="experiment.unknown_metric"
        )
