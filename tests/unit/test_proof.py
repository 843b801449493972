"""Proof commands: what they print and how they end."""

import json

import pytest

from infra.proof import Exit, Relation, Report, Target, plain


def target(value: float, relation: Relation = "<=", limit: float = 1.2) -> Target:
    return Target("speed", value, "ratio", relation, limit)


@pytest.mark.parametrize(
    ("relation", "value", "ok"),
    [("<=", 1.2, True), ("<=", 1.21, False), (">=", 1.2, True), (">=", 1.1, False)],
)
def test_a_target_is_met_up_to_its_limit(relation: Relation, value: float, *, ok: bool) -> None:
    assert target(value, relation).ok is ok


def test_a_report_is_met_only_when_all_of_its_targets_are() -> None:
    met = Report("bench speed", [target(1.0)])
    missed = Report("bench speed", [target(1.0), target(2.0)])
    assert (met.ok, met.exit) == (True, Exit.MET)
    assert (missed.ok, missed.exit) == (False, Exit.MISSED)


def test_json_is_one_object_in_the_contracts_shape(capsys: pytest.CaptureFixture[str]) -> None:
    Report("bench speed", [target(1.0)], {"rounds": 3}).show(as_json=True)
    assert json.loads(capsys.readouterr().out) == {
        "name": "bench speed",
        "ok": True,
        "targets": [
            {"name": "speed", "value": 1.0, "unit": "ratio", "target": "<= 1.2", "ok": True}
        ],
        "details": {"rounds": 3},
    }


def test_people_get_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert Report("bench speed", [target(2.0)]).show(as_json=False) is Exit.MISSED
    shown = capsys.readouterr().out
    assert all(word in shown for word in ("bench speed", "2", "<= 1.2", "✗"))


@pytest.mark.parametrize(
    ("value", "shown"), [(426_004, "426,004"), (1.4567, "1.457"), (1.5, "1.5"), (0, "0")]
)
def test_numbers_are_plain(value: float, shown: str) -> None:
    assert plain(value) == shown
