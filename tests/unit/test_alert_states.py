"""The state machine: inactive → pending → firing → resolved, minute by minute."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from cairn.alerts.evaluate import Moment, Rule, advance, withdraw
from cairn.alerts.model import BUS, LogChannel
from cairn.alerts.state import AlertState, Notice, Phase, Reading
from cairn.alerts.undelivered import CLAIM, KEPT, claimed, settled
from tests.fakes.alerts import at, rule

HIGH, LOW, NOTHING = Reading(11, 11), Reading(3, 3), Reading(None, 0)


def moment(minute: float) -> Moment:
    return Moment("demo", "local", at(minute))


def history(checked: Rule, readings: Mapping[float, Reading]) -> list[AlertState]:
    """The states after each check, each saved under a new version."""
    states = [AlertState(alert="busy")]
    for minute, reading in readings.items():
        former = states[-1]
        after = advance(checked, former, reading, moment(minute))
        states.append(after.model_copy(update={"version": former.version + 1}))
    return states[1:]


def phases(checked: Rule, readings: Mapping[float, Reading]) -> list[str]:
    return [state.phase.value for state in history(checked, readings)]


def notices(state: AlertState) -> list[Notice]:
    return [each.notice for each in state.undelivered]


def test_without_pending_time_it_fires_at_once_and_is_resolved_at_once() -> None:
    assert phases(rule(), {0: HIGH, 1: HIGH, 2: LOW, 3: LOW}) == [
        "firing",
        "firing",
        "resolved",
        "resolved",
    ]


def test_it_fires_only_after_the_pending_time_without_a_break() -> None:
    readings: Mapping[float, Reading] = {0: HIGH, 1: HIGH, 2: LOW, 3: HIGH, 4: HIGH, 5: HIGH}
    assert phases(rule(**{"for": "2m"}), readings) == [
        "pending",
        "pending",
        "inactive",
        "pending",
        "pending",
        "firing",
    ]


def test_a_tick_that_comes_a_little_early_does_not_cost_a_minute() -> None:
    assert phases(rule(**{"for": "2m"}), {0.05: HIGH, 1: HIGH, 2: HIGH})[-1] == "firing"


def test_it_keeps_quiet_for_the_cooldown_after_it_was_resolved() -> None:
    readings: Mapping[float, Reading] = {0: HIGH, 1: LOW, 2: HIGH, 5: HIGH, 6: HIGH}
    assert phases(rule(cooldown="5m"), readings) == [
        "firing",
        "resolved",
        "pending",
        "pending",
        "firing",
    ]


def test_a_value_that_calms_down_within_the_cooldown_tells_nobody() -> None:
    states = history(rule(cooldown="5m"), {0: HIGH, 1: LOW, 2: HIGH, 3: LOW, 4: LOW})
    assert states[-1].phase is Phase.INACTIVE
    assert [each.transition for each in notices(states[-1])] == ["firing", "resolved"]


def test_after_the_cooldown_it_fires_again_with_another_notice() -> None:
    states = history(rule(cooldown="1m"), {0: HIGH, 1: LOW, 2: HIGH})
    told = notices(states[-1])
    assert [each.transition for each in told] == ["firing", "resolved", "firing"]
    assert len({each.id for each in told}) == 3


def test_nothing_changes_while_nothing_happens() -> None:
    fired = history(rule(), {0: HIGH})[0]
    assert advance(rule(), fired, HIGH, moment(1)) is fired
    fresh = AlertState(alert="busy")
    assert advance(rule(), fresh, LOW, moment(1)) is fresh


def test_a_notice_says_what_was_read_and_against_what() -> None:
    (fired,) = history(rule(severity="critical", description="Look."), {0: HIGH})
    (notice,) = notices(fired)
    assert notice.id.startswith("alr_")
    assert (notice.workspace, notice.environment, notice.alert) == ("demo", "local", "busy")
    assert (notice.transition, notice.reason, notice.severity) == (
        "firing",
        "threshold",
        "critical",
    )
    assert (notice.metric, notice.window, notice.operator, notice.threshold, notice.value) == (
        "sessions",
        "15m",
        ">",
        10,
        11,
    )
    assert (notice.description, notice.at) == ("Look.", at(0))


def test_a_notice_of_missing_data_says_so() -> None:
    (fired,) = history(rule(on_no_data="alert"), {0: NOTHING})
    assert [(each.reason, each.value) for each in notices(fired)] == [("no_data", None)]


def test_the_bus_is_told_before_the_rules_own_channels() -> None:
    (fired,) = history(rule(), {0: HIGH})
    assert fired.undelivered[0].channels == (BUS, LogChannel(type="log"))


def test_a_resolution_goes_to_those_who_heard_of_the_firing() -> None:
    (fired,) = history(rule(), {0: HIGH})
    resolved = advance(rule(channels=[]), fired, LOW, moment(1))
    first, second = resolved.undelivered
    assert first.channels == second.channels
    assert (second.notice.transition, second.notice.value, second.notice.at) == (
        "resolved",
        3,
        at(1),
    )


def test_a_withdrawn_rule_that_fired_is_resolved_for_those_who_heard() -> None:
    (fired,) = history(rule(), {0: HIGH})
    withdrawn = withdraw(fired, moment(1))
    assert withdrawn.phase is Phase.INACTIVE
    assert [(each.transition, each.reason) for each in notices(withdrawn)] == [
        ("firing", "threshold"),
        ("resolved", "withdrawn"),
    ]
    assert withdraw(withdrawn, moment(2)) is withdrawn


def test_a_withdrawn_rule_that_was_pending_tells_nobody() -> None:
    (pending,) = history(rule(**{"for": "5m"}), {0: HIGH})
    assert withdraw(pending, moment(1)).undelivered == ()


@pytest.mark.parametrize("phase", list(Phase))
def test_no_phase_survives_a_withdrawal(phase: Phase) -> None:
    assert withdraw(AlertState(alert="busy", phase=phase), moment(0)).phase is Phase.INACTIVE


def test_undelivered_notices_are_claimed_by_one_run_at_a_time() -> None:
    (fired,) = history(rule(), {0: HIGH})
    taken = claimed(fired, at(0))
    assert taken.claimed_until == at(0) + CLAIM
    assert claimed(taken, at(0.5)) is taken
    assert claimed(taken, at(1)).claimed_until == at(1) + CLAIM


def test_nothing_undelivered_is_nothing_to_claim() -> None:
    fresh = AlertState(alert="busy")
    assert claimed(fresh, at(0)) is fresh


def test_what_was_told_is_settled_and_the_rest_stays() -> None:
    (fired,) = history(rule(), {0: HIGH})
    taken = claimed(fired, at(0))
    (notice,) = notices(taken)
    half = settled(taken, taken.claimed_until, {(notice.id, BUS)}, at(0))
    assert half.claimed_until is None
    assert [each.channels for each in half.undelivered] == [(LogChannel(type="log"),)]
    whole = settled(half, None, {(notice.id, LogChannel(type="log"))}, at(1))
    assert whole.undelivered == ()


def test_another_runs_claim_is_left_alone() -> None:
    (fired,) = history(rule(), {0: HIGH})
    theirs = claimed(fired, at(2))
    assert settled(theirs, at(1), (), at(2)).claimed_until == theirs.claimed_until


def test_a_channel_that_never_answers_is_given_up_after_a_day() -> None:
    (fired,) = history(rule(), {0: HIGH})
    almost = at(0) + KEPT - timedelta(seconds=1)
    assert settled(fired, None, (), almost).undelivered
    assert not settled(fired, None, (), at(0) + KEPT).undelivered
