"""Alert rules: what may be written, what is read, when a threshold is passed."""

from typing import get_args

import pytest
from pydantic import ValidationError

from cairn.alerts.evaluate import Moment, is_breached
from cairn.alerts.model import AlertDocument, Expression, duration
from cairn.alerts.readings import Readings, reading_of
from cairn.alerts.state import Reading
from cairn.metrics.windows import WINDOWS
from tests.fakes.alerts import FixedRollups, alert, at, rule

MOMENT = Moment("demo", "prod", at(0))

REFUSED: dict[str, tuple[dict[str, object], tuple[int | str, ...]]] = {
    "three counters": ({"metric": "a / b / c"}, ("metric",)),
    "no counter": ({"metric": "Sessions now"}, ("metric",)),
    "another window": ({"window": "2m"}, ("window",)),
    "another operator": ({"operator": "=="}, ("operator",)),
    "no number": ({"threshold": float("nan")}, ("threshold",)),
    "seconds": ({"for": "30s"}, ("for",)),
    "two dimensions": ({"group": {"a": "x", "b": "y"}}, ("group",)),
    "no dimension": ({"group": {}}, ("group",)),
    "a condition that is none": ({"when": {"value": {"$gtt": 1}}}, ("when", "value", "$gtt")),
    "an unknown key": ({"threshhold": 1}, ("threshhold",)),
}


@pytest.mark.parametrize(("fields", "where"), REFUSED.values(), ids=REFUSED)
def test_a_rule_that_makes_no_sense_is_refused_in_its_place(
    fields: dict[str, object], where: tuple[int | str, ...]
) -> None:
    with pytest.raises(ValidationError) as raised:
        alert(**fields)
    assert [each["loc"] for each in raised.value.errors()] == [where]


ADDRESSES = {
    "https://hooks.example.com/cairn?x=1": True,
    "http://127.0.0.1:9000/hook": True,
    "http://localhost/hook": True,
    "http://[::1]:80/": True,
    "http://example.com/": False,
    "http://127.0.0.1.example.com/": False,
    "https://user:password@example.com/": False,
    "https:///nowhere": False,
    "ftp://example.com/": False,
    "https://example.com/a b": False,
    "https://exämple.com/": False,
    "https://[::1/": False,
}


@pytest.mark.parametrize(("url", "good"), ADDRESSES.items(), ids=ADDRESSES)
def test_a_webhook_is_https_or_on_this_machine(url: str, *, good: bool) -> None:
    channels = [{"type": "webhook", "url": url}]
    if good:
        assert alert(channels=channels).channels[0].type == "webhook"
    else:
        with pytest.raises(ValidationError):
            alert(channels=channels)


def test_a_rule_may_use_every_window_that_metrics_have() -> None:
    annotation = AlertDocument.model_fields["window"].annotation
    assert get_args(annotation) == tuple(WINDOWS)


def test_durations_are_minutes_hours_and_days() -> None:
    minutes = [duration(text).total_seconds() / 60 for text in ("0m", "15m", "2h", "1d")]
    assert minutes == [0, 15, 120, 1440]


def test_a_metric_is_a_counter_or_a_ratio() -> None:
    assert alert().expression == Expression("sessions", None)
    assert alert().expression.counters == ("sessions",)
    ratio = alert(metric="conversions.purchase / sessions").expression
    assert ratio.counters == ("conversions.purchase", "sessions")


def test_a_counter_that_is_absent_beside_others_is_zero() -> None:
    assert reading_of(alert(metric="page_views"), {"sessions": 3}) == Reading(0, 0)


def test_no_counters_at_all_are_no_data() -> None:
    assert reading_of(alert(), None) == Reading(None, 0)


def test_a_ratio_has_its_denominator_as_samples() -> None:
    ratio = alert(metric="conversions.purchase / sessions")
    counters = {"conversions.purchase": 1, "sessions": 4}
    assert reading_of(ratio, counters) == Reading(0.25, 4)


def test_a_ratio_over_nothing_is_no_data() -> None:
    ratio = alert(metric="conversions.purchase / sessions")
    assert reading_of(ratio, {"conversions.purchase": 1}) == Reading(None, 0)


def test_a_group_is_read_from_its_dimension() -> None:
    rollups = FixedRollups()
    rollups.counters["demo", "plan"] = {"trial|sessions": 4, "trial2|sessions": 8}
    readings = Readings(rollups, "demo", at(0))
    assert readings.of(alert(group={"plan": "trial"})) == Reading(4, 4)
    assert readings.of(alert(group={"plan": "team"})) == Reading(None, 0)


def test_rules_of_one_group_and_window_share_one_read() -> None:
    rollups = FixedRollups()
    readings = Readings(rollups, "demo", at(0))
    for document in (alert(), alert(metric="page_views"), alert(window="1h")):
        readings.of(document)
    assert [(group, span.end - span.start) for _, group, span in rollups.reads] == [
        ("all", duration("16m")),
        ("all", duration("60m")),
    ]


BREACHES = {
    ">": [False, False, True],
    ">=": [False, True, True],
    "<": [True, False, False],
    "<=": [True, True, False],
}


@pytest.mark.parametrize(("operator", "expected"), BREACHES.items(), ids=BREACHES)
def test_a_value_below_at_and_above_the_threshold(operator: str, expected: list[bool]) -> None:
    checked = rule(operator=operator)
    values = [is_breached(checked, Reading(value, 20), MOMENT) for value in (9, 10, 11)]
    assert values == expected


def test_missing_data_is_not_zero() -> None:
    nothing = Reading(None, 0)
    assert not is_breached(rule(operator="<"), nothing, MOMENT)
    assert is_breached(rule(operator="<", on_no_data="alert"), nothing, MOMENT)


CONDITIONS: dict[str, tuple[dict[str, object], bool]] = {
    "enough samples": ({"samples": {"$gte": 20}}, True),
    "too few samples": ({"samples": {"$gte": 21}}, False),
    "value": ({"value": {"$lt": 12}}, True),
    "severity": ({"severity": "warning"}, True),
    "another environment": ({"environment": "dev"}, False),
    "the dimension": ({"plan": {"$in": ["trial"]}}, True),
    "a Friday": ({"weekday": 5}, True),
    "at night": ({"hour": {"$lt": 6}}, False),
}


@pytest.mark.parametrize(("when", "expected"), CONDITIONS.values(), ids=CONDITIONS)
def test_the_condition_must_hold_too(when: dict[str, object], *, expected: bool) -> None:
    checked = rule(when=when, group={"plan": "trial"})
    assert is_breached(checked, Reading(11, 20), MOMENT) is expected
