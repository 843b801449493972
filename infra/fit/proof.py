"""What a fit of the abandonment risk is worth, on sessions that it never saw."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from cairn.behavior.risk import RiskModel
from infra.fit.measures import (
    Judged,
    auc,
    auc_interval,
    brier,
    calibration_error,
    equal_mass,
    equal_width,
)
from infra.fit.visits import Visit
from infra.proof import Report, Target, Unmeasurable

AUC: Final = 0.68
"""Held out, at least."""

ERROR: Final = 0.03
"""Expected calibration error, held out, at most."""

DIGITS: Final = 4

PURPOSE: Final = (
    "Calibrated for finished sessions. In the middle of one it says what the risk would be if the "
    "visit ended as it stands: an upper bound of the risk at its end, not a forecast."
)


def report(model: RiskModel, visits: Sequence[Visit]) -> Report:
    """The model beside its targets.

    Raises:
        Unmeasurable: not enough was held out to judge anything.
    """
    held_out = [visit for visit in visits if visit.held_out]
    if len({visit.converted for visit in held_out}) < 2:  # noqa: PLR2004  # both outcomes
        raise Unmeasurable("The file has too few sessions: none to judge the fit by.")
    judged = _judged(model, held_out)
    return Report(
        name="fit risk",
        targets=(
            _at_least("area under the ROC curve, held out", auc(judged), AUC),
            _at_most("calibration error, held out, equal width", equal_width_error(judged)),
            _at_most("calibration error, held out, equal mass", equal_mass_error(judged)),
        ),
        details={
            "sessions": {"fitted": len(visits) - len(held_out), "held_out": len(held_out)},
            "model": model.model_dump(mode="json"),
            "held_out": held_out_measures(model, visits),
            "bins": [_rounded(asdict(each)) for each in equal_mass(judged)],
            "says": PURPOSE,
        },
    )


def held_out_measures(model: RiskModel, visits: Sequence[Visit]) -> dict[str, float | list[float]]:
    """The numbers that are published beside the weights."""
    held_out = [visit for visit in visits if visit.held_out]
    judged = _judged(model, held_out)
    return {
        "sessions": len(held_out),
        "left_without_converting": round(sum(judged.happened) / len(held_out), DIGITS),
        "auc": round(auc(judged), DIGITS),
        "auc_95_percent": [round(each, DIGITS) for each in auc_interval(judged)],
        "ece_equal_width": round(equal_width_error(judged), DIGITS),
        "ece_equal_mass": round(equal_mass_error(judged), DIGITS),
        "brier": round(brier(judged), DIGITS),
    }


def equal_width_error(judged: Judged) -> float:
    """Expected calibration error over ten bins of one width."""
    return calibration_error(equal_width(judged))


def equal_mass_error(judged: Judged) -> float:
    """Expected calibration error over ten bins of one size."""
    return calibration_error(equal_mass(judged))


def _judged(model: RiskModel, visits: Sequence[Visit]) -> Judged:
    return Judged(
        chances=[model.risk(visit.summary) for visit in visits],
        happened=[not visit.converted for visit in visits],
    )


def _at_least(name: str, value: float, limit: float) -> Target:
    return Target(name, round(value, DIGITS), "probability", ">=", limit)


def _at_most(name: str, value: float) -> Target:
    return Target(name, round(value, DIGITS), "probability", "<=", ERROR)


def _rounded(numbers: dict[str, float]) -> dict[str, float]:
    return {name: round(value, DIGITS) for name, value in numbers.items()}
