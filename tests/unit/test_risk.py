"""What the abandonment risk says of sessions, and what its published weights claim."""

import json
import math
from pathlib import Path

import pytest

from cairn.behavior.risk import (
    WEIGHTS,
    Calibration,
    RiskModel,
    Term,
    Visitor,
    abandonment_risk,
    published,
)
from cairn.behavior.summary import Seen, Summary
from infra.fit.proof import AUC, ERROR, held_out_measures
from infra.fit.visits import visits_of
from infra.replay.shoppers import read

SHOPPERS = (
    Path(__file__).parents[3]
    / "shared"
    / "data"
    / "online_shoppers"
    / "online_shoppers_intention.csv"
)
RETURNING = {"visitor_type": "Returning_Visitor"}
NEW = {"visitor_type": "New_Visitor"}

BY_HAND = RiskModel(
    dimension="visitor_type",
    visitors={
        "New_Visitor": Visitor(share=0.25, intercept=-1.0),
        "Returning_Visitor": Visitor(share=0.75, intercept=-2.0),
    },
    terms=(
        Term(kind="product", of="seconds", low=30, high=300, weight=0.5),
        Term(kind="product", of="pages", visitor="New_Visitor", weight=1.0),
    ),
    calibration=Calibration(slope=0.9, offset=0.1),
)


def left(logit: float) -> float:
    return 1 - 1 / (1 + math.exp(-(0.9 * logit + 0.1)))


@pytest.mark.parametrize(
    ("seconds", "reached"),
    [(0, 0.0), (30, 0.0), (100, math.log(101 / 31)), (9_999, math.log(301 / 31))],
)
def test_a_term_counts_its_own_stretch_only(seconds: int, reached: float) -> None:
    summary = Summary({"product": Seen(1, seconds * 1_000)})
    assert BY_HAND.terms[0].value(summary) == pytest.approx(reached)


def test_the_formula_is_the_documented_one() -> None:
    seen = {"product": Seen(2, 100_000)}
    way = 0.5 * math.log(101 / 31)
    assert BY_HAND.risk(Summary(seen, RETURNING)) == pytest.approx(left(-2 + way))
    assert BY_HAND.risk(Summary(seen, NEW)) == pytest.approx(left(-1 + way + math.log(3)))


@pytest.mark.parametrize("dimensions", [{}, {"visitor_type": "other"}])
def test_a_visitor_of_no_known_type_is_the_average_of_them(dimensions: dict[str, str]) -> None:
    seen = {"product": Seen(1, 0)}
    expected = 0.25 * left(-1 + math.log(2)) + 0.75 * left(-2)
    assert BY_HAND.risk(Summary(seen, dimensions)) == pytest.approx(expected)


def test_there_is_no_risk_without_anything_to_go_on() -> None:
    assert abandonment_risk(Summary()) is None
    assert abandonment_risk(Summary({"other": Seen(9, 90_000)}, NEW)) is None
    assert abandonment_risk(Summary({"product": Seen(0, 0)}, NEW)) is None


def test_a_session_that_converted_was_not_abandoned() -> None:
    assert abandonment_risk(Summary(converted=True)) == 0.0


def test_a_glance_is_riskier_than_a_long_look() -> None:
    glance = abandonment_risk(Summary({"product": Seen(1, 0)}, RETURNING))
    look = abandonment_risk(
        Summary({"product": Seen(40, 3_600_000), "administrative": Seen(5, 60_000)}, RETURNING)
    )
    assert glance == pytest.approx(0.99, abs=0.005)
    assert look == pytest.approx(0.74, abs=0.01)


def test_the_published_weights_say_where_they_come_from() -> None:
    found = json.loads(WEIGHTS.read_text())
    assert found["provenance"].keys() >= {"data", "licence", "date", "command", "sha256", "says"}
    assert found["measured"]["auc"] >= AUC
    assert max(found["measured"]["ece_equal_width"], found["measured"]["ece_equal_mass"]) <= ERROR
    assert published().visitors.keys() == {"New_Visitor", "Returning_Visitor"}


@pytest.mark.skipif(
    not SHOPPERS.is_file(), reason="the Online Shoppers file is not beside the repository"
)
def test_the_published_weights_do_as_well_as_they_claim() -> None:
    measured = held_out_measures(published(), visits_of(read(SHOPPERS)))
    assert measured == json.loads(WEIGHTS.read_text())["measured"]
