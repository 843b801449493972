"""Which flags should go."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from cairn.flags.documents import FlagDocument
from cairn.flags.stale import EXPIRED, SAME_FOR_ALL, gives_all_the_same, stale_reasons

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=61)
DONE = {"id": "r", "split": {"on": 1.0}}


def flag(**more: object) -> FlagDocument:
    written = {"kind": "flag", "id": "a", "type": "boolean", "default": "off", **more}
    return FlagDocument.model_validate(written)


CASES: dict[str, tuple[Mapping[str, object], bool]] = {
    "no rules": ({}, True),
    "switched off": ({"enabled": False, "rules": [{**DONE, "coverage": 0.1}]}, True),
    "a rollout at its end": ({"rules": [DONE]}, True),
    "one variation for all": ({"rules": [{"id": "r", "variation": "on"}]}, True),
    "a weight of nothing": ({"rules": [{"id": "r", "split": {"on": 1.0, "off": 0.0}}]}, True),
    "a rollout on its way": ({"rules": [{**DONE, "coverage": 0.5}]}, False),
    "a condition": ({"rules": [{**DONE, "when": {"plan": "pro"}}]}, False),
    "a split": ({"rules": [{"id": "r", "split": {"on": 0.5, "off": 0.5}}]}, False),
    "a prerequisite": (
        {"rules": [DONE], "prerequisites": [{"flag": "b", "when": {"value": True}}]},
        False,
    ),
    "environments that differ": ({"rules": [DONE], "environments": {"prod": False}}, False),
    "a rule that is over": (
        {"rules": [{"id": "r", "variation": "on", "until": "2026-09-01T00:00:00Z", "when": {}}]},
        True,
    ),
    "a ramp at its end": (
        {
            "rules": [
                {**DONE, "coverage": 0, "ramp": [{"at": "2026-09-01T00:00:00Z", "coverage": 1}]}
            ]
        },
        True,
    ),
    "a ramp on its way": (
        {
            "rules": [
                {**DONE, "coverage": 0, "ramp": [{"at": "2026-12-01T00:00:00Z", "coverage": 1}]}
            ]
        },
        False,
    ),
}


@pytest.mark.parametrize(("fields", "expected"), CASES.values(), ids=CASES)
def test_a_flag_that_decides_nothing_any_more_is_known(
    fields: Mapping[str, object],
    expected: bool,  # noqa: FBT001  # a case
) -> None:
    assert gives_all_the_same(flag(**fields), NOW) is expected
    assert (stale_reasons(flag(**fields), NOW, LONG_AGO) == (SAME_FOR_ALL,)) is expected


def test_a_flag_may_decide_nothing_for_a_while() -> None:
    at = NOW - timedelta(days=60)
    assert stale_reasons(flag(), NOW, at) == (SAME_FOR_ALL,)
    assert stale_reasons(flag(), NOW, at + timedelta(seconds=1)) == ()
    assert stale_reasons(flag(stale_after_days=90), NOW, at) == ()
    assert stale_reasons(flag(), NOW, None) == ()


def test_a_rollout_is_as_old_as_its_last_step() -> None:
    ramp = [{"at": NOW - timedelta(days=10), "coverage": 1}]
    young = flag(rules=[{**DONE, "coverage": 0, "ramp": ramp}])
    assert stale_reasons(young, NOW, LONG_AGO) == ()
    assert stale_reasons(young, NOW + timedelta(days=50), LONG_AGO) == (SAME_FOR_ALL,)


def test_a_flag_that_should_be_gone_is_told_until_it_is_put_away() -> None:
    due = flag(expires=NOW, rules=[{**DONE, "coverage": 0.5}])
    assert stale_reasons(due, NOW, NOW) == (EXPIRED,)
    assert stale_reasons(due, NOW - timedelta(seconds=1), NOW) == ()
    assert stale_reasons(due.model_copy(update={"archived": True}), NOW, NOW) == ()
    both = flag(expires=LONG_AGO)
    assert stale_reasons(both, NOW, LONG_AGO) == (EXPIRED, SAME_FOR_ALL)
