"""How `cairn bench metrics` judges, and that it measures the real answers; little is measured."""

from dataclasses import replace

from infra.bench.metrics.answers import USUAL, Case, Measured, Reading, measured, windows_of
from infra.bench.metrics.report import report

READING = Reading(cpu_ms=5, wall_ms=6, trips=4, items=100, most=60)


def judged(case: Case, reading: Reading) -> dict[str, bool]:
    cases = [
        Case(route, window, anew)
        for route in USUAL
        for window in windows_of(route)
        for anew in (True, False)
    ]
    readings = {each: [READING] for each in cases} | {case: [reading] * 10}
    return {each.name: each.ok for each in report(Measured(1, 1.0, readings)).targets}


def test_each_target_is_missed_by_its_own_value() -> None:
    usual = Case("/v1/metrics/costs", "1h", anew=False)
    items, p95 = judged(usual, READING)
    assert judged(usual, READING) == {items: True, p95: True}
    assert judged(usual, replace(READING, most=61)) == {items: False, p95: True}
    assert judged(usual, replace(READING, cpu_ms=51)) == {items: True, p95: False}
    anew = Case("/v1/metrics/costs", "1h", anew=True)
    assert judged(anew, replace(READING, cpu_ms=51)) == {items: True, p95: True}


def test_answers_read_what_was_folded_and_less_again() -> None:
    found = measured(2_000, 1, lambda _: None)
    assert found.events >= 2_000
    for route in set(USUAL) - {"/v1/metrics/experiments"}:
        (anew,) = found.readings[Case(route, "30d", anew=True)]
        (again,) = found.readings[Case(route, "30d", anew=False)]
        assert anew.items > again.items
        assert 1 <= anew.most <= 60
