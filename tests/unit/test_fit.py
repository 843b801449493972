"""Fitting: the numbers come out right where one knows them, and what is bad is not published."""

import json
import math
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from random import Random

import pytest
import typer

from cairn.behavior.risk import Calibration, published
from cairn.behavior.summary import Seen, Summary
from infra.cli.fit import risk
from infra.fit import weights
from infra.fit.measures import (
    Bin,
    Judged,
    auc,
    auc_interval,
    brier,
    calibration_error,
    equal_mass,
    equal_width,
)
from infra.fit.newton import logistic, probability, solved
from infra.fit.proof import report
from infra.fit.risk import NEW, RETURNING, fitted
from infra.fit.visits import HELD_OUT, Visit, share_of, summary_of
from infra.proof import Exit, Unmeasurable
from infra.replay.shoppers import Shopper, Viewed

TODAY = date(2026, 11, 20)


def test_equations_are_solved_whatever_stands_first() -> None:
    assert solved([[0.0, 2.0], [4.0, 1.0]], [6.0, 11.0]) == pytest.approx([2.0, 3.0])


def test_a_fit_without_features_gives_the_share() -> None:
    (weight,) = logistic([(1.0,)] * 10, [True] * 3 + [False] * 7, (0.0,))
    assert weight == pytest.approx(math.log(3 / 7))


def test_a_fit_finds_the_weights_behind_the_outcomes() -> None:
    rng = Random(7)  # noqa: S311  # not for secrets
    rows = [(1.0, rng.uniform(-2, 2)) for _ in range(4_000)]
    happened = [rng.random() < probability((-1.0, 2.0), row) for row in rows]
    assert logistic(rows, happened, (0.0, 0.0)) == pytest.approx([-1.0, 2.0], abs=0.15)


def test_a_ridge_holds_a_weight_back() -> None:
    rows, happened = [(1.0, 0.0), (1.0, 1.0)] * 5, [False, True] * 5
    (_, weight) = logistic(rows, happened, (0.0, 1.0))
    assert 0 < weight < 5


@pytest.mark.parametrize(
    ("chances", "expected"),
    [((0.1, 0.2, 0.8, 0.9), 1.0), ((0.9, 0.8, 0.2, 0.1), 0.0), ((0.5,) * 4, 0.5)],
)
def test_the_area_is_how_often_a_hit_ranks_before_a_miss(
    chances: Sequence[float], expected: float
) -> None:
    assert auc(Judged(chances, (False, False, True, True))) == expected


def test_the_interval_holds_the_area_and_narrows_with_more() -> None:
    chances, happened = (0.1, 0.6, 0.4, 0.9), (False, False, True, True)
    few, many = Judged(chances, happened), Judged(chances * 100, happened * 100)
    (low, high), (lower, higher) = auc_interval(many), auc_interval(few)
    assert lower < low < auc(few) == auc(many) < high < higher


def test_calibration_compares_what_was_said_with_what_came() -> None:
    judged = Judged((0.05, 0.05, 0.9375, 0.9375), (False, True, True, True))
    assert equal_width(judged) == [Bin(2, 0.05, 0.5), Bin(2, 0.9375, 1.0)]
    assert calibration_error(equal_width(judged)) == pytest.approx((0.45 + 0.0625) / 2)
    assert [each.count for each in equal_mass(judged)] == [1, 1, 1, 1]
    assert brier(judged) == pytest.approx((0.05**2 + 0.95**2 + 2 * 0.0625**2) / 4)


def test_a_fit_sees_what_the_fold_keeps_and_nothing_else() -> None:
    viewed = (Viewed("Administrative", 2, 900), Viewed("ProductRelated", 3, 30_000))
    dimensions = {"month": "Nov", "weekend": "true", "visitor_type": NEW}
    assert summary_of(Shopper(0, viewed, dimensions, purchased=True)) == Summary(
        seen={"administrative": Seen(2, 900), "product": Seen(3, 30_000)},
        dimensions={"visitor_type": NEW},
    )


def test_a_fifth_is_held_out_and_always_the_same() -> None:
    held = [share_of(row) >= 1 - HELD_OUT for row in range(10_000)]
    assert sum(held) == pytest.approx(2_000, abs=100)
    assert held[:8] == [share_of(row) >= 1 - HELD_OUT for row in range(8)]


type Lure = Callable[[float], float]
"""The logit of a conversion by log1p of the seconds on products, 0 to 8."""


def strong(way: float) -> float:
    return way - 4


def weak(way: float) -> float:
    return (way - 4) / 7


def turning(way: float) -> float:
    return (way if way < math.log1p(300) else 2 * math.log1p(300) - way) - 3


def made_up(count: int, lure: Lure = strong) -> list[Visit]:
    """Visits that convert as a lure makes them."""
    rng = Random(1)  # noqa: S311  # not for secrets
    visits = []
    for row in range(count):
        seconds = math.expm1(rng.uniform(0, 8))
        summary = Summary(
            {"product": Seen(1, round(seconds * 1_000))},
            {"visitor_type": rng.choice((NEW, RETURNING, "Other"))},
        )
        chance = 1 / (1 + math.exp(-lure(math.log1p(seconds))))
        visits.append(Visit(row, summary, converted=rng.random() < chance))
    return visits


def test_a_fitted_model_tells_and_means_what_it_says() -> None:
    visits = made_up(2_500)
    model = fitted([visit for visit in visits if not visit.held_out])
    found = report(model, visits)
    assert found.targets[0].value > 0.8
    assert found.ok is all(target.ok for target in found.targets)
    assert model.calibration.slope == pytest.approx(1, abs=0.15)
    assert json.loads(found.json())["details"]["sessions"]["held_out"] > 400


def test_more_of_something_never_makes_a_fitted_risk_higher() -> None:
    lows = {term.low for term in fitted(made_up(1_000, turning)).terms if term.kind == "product"}
    assert 30 in lows
    assert 300 not in lows


def test_there_is_no_model_of_sessions_that_tell_nothing() -> None:
    with pytest.raises(Unmeasurable, match="says nothing"):
        fitted(made_up(400, lambda way: 4 - way))


def test_nothing_can_be_judged_by_nobody() -> None:
    with pytest.raises(Unmeasurable, match="too few"):
        report(published(), made_up(1))


def test_weights_are_written_once_for_the_same_numbers(tmp_path: Path) -> None:
    csv, file = tmp_path / "data.csv", tmp_path / "risk.json"
    csv.write_text("data")
    visits, model = made_up(300), published()
    first = weights.published(model, visits, csv, TODAY)
    assert weights.write(first, file)
    assert not weights.write(weights.published(model, visits, csv, date(2027, 1, 1)), file)
    assert json.loads(file.read_text()) == json.loads(json.dumps(first))
    changed = model.model_copy(update={"calibration": Calibration(slope=2.0, offset=0.0)})
    assert weights.write(weights.published(changed, visits, csv, TODAY), file)


def test_a_fit_that_misses_its_targets_is_not_published(tmp_path: Path) -> None:
    csv, out = tmp_path / "shoppers.csv", tmp_path / "risk.json"
    csv.write_text(shop(made_up(1_000, weak)))
    with pytest.raises(typer.Exit) as ended:
        risk(csv, out=out, as_json=True)
    assert ended.value.exit_code == Exit.MISSED
    assert not out.exists()


def test_another_file_can_not_be_measured(tmp_path: Path) -> None:
    csv = tmp_path / "other.csv"
    csv.write_text("a;b\n1;2\n")
    with pytest.raises(typer.Exit) as ended:
        risk(csv, out=tmp_path / "risk.json")
    assert ended.value.exit_code == Exit.UNMEASURED


def shop(visits: Sequence[Visit]) -> str:
    """The visits in the form of the Online Shoppers file."""
    kinds = ("Administrative", "Informational", "ProductRelated")
    header = [*(name for kind in kinds for name in (kind, f"{kind}_Duration"))]
    lines = [";".join([*header, "Month", "VisitorType", "Weekend", "Revenue"])]
    for visit in visits:
        seconds = visit.summary.seen["product"].duration_ms / 1_000
        bought = str(visit.converted).upper()
        lines.append(f"0;0;0;0;1;{seconds};Nov;{visit.visitor};FALSE;{bought}")
    return "\n".join(lines) + "\n"
