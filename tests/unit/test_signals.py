"""What a session's last events say."""

from datetime import timedelta

import pytest

from cairn.behavior.model import Recent, RecentEvent
from cairn.behavior.signals import Behavior, signals
from cairn.behavior.summary import Seen, Summary
from cairn.platform.clock import epoch_ms
from tests.parcels import NOW


def at(seconds: float, event_type: str, field: str | None = None) -> RecentEvent:
    """An event, that many seconds before now."""
    return RecentEvent(event_type, epoch_ms(NOW) - int(seconds * 1000), "step", field)


def hesitations(*recent: RecentEvent) -> int:
    return signals(Behavior(recent), NOW).hesitations


def corrections(*recent: RecentEvent) -> int:
    return signals(Behavior(recent), NOW).corrections


def engagement(*recent: RecentEvent) -> float:
    return signals(Behavior(recent), NOW).engagement


def test_nothing_remembered_says_nothing() -> None:
    found = signals(Behavior(), NOW)
    assert (found.hesitations, found.corrections, found.time_on_step_ms) == (0, 0, 0)
    assert found.engagement == 0.0
    assert found.abandonment_risk is None


@pytest.mark.parametrize(
    ("recent", "expected"),
    [
        ((at(20, "field.focused", "a"),), 1),
        ((at(5, "field.focused", "a"),), 0),
        ((at(5.001, "field.focused", "a"),), 1),
        ((at(20, "field.focused", "a"), at(18, "field.changed", "a")), 0),
        ((at(20, "field.focused", "a"), at(14, "field.changed", "a")), 1),
        ((at(20, "field.focused", "a"), at(18, "field.blurred", "a")), 0),
        ((at(20, "field.focused", "a"), at(14, "field.blurred", "a")), 1),
        ((at(20, "field.focused", "a"), at(18, "field.changed", "b")), 1),
        ((at(20, "field.focused", "a"), at(18, "field.focused", "b")), 1),
        ((at(20, "field.focused", "a"), at(14, "field.focused", "b")), 2),
        ((at(20, "field.focused", "a"), at(2, "step.completed")), 0),
    ],
)
def test_a_cursor_that_stands_unused_for_five_seconds_hesitates(
    recent: Recent, expected: int
) -> None:
    assert hesitations(*recent) == expected


def test_a_field_changed_again_and_a_step_back_are_corrections() -> None:
    first, again = at(9, "field.changed", "a"), at(8, "field.changed", "a")
    assert corrections(first) == 0
    assert corrections(first, again, at(7, "field.changed", "b")) == 1
    assert corrections(at(9, "step.back")) == 1
    assert corrections(first, again, at(2, "step.completed")) == 0


def test_engagement_counts_what_was_done_and_halves_every_minute() -> None:
    assert engagement(at(0, "field.changed", "a")) == 0.5
    assert engagement(at(60, "field.changed", "a")) == pytest.approx(1 - 2**-0.5, abs=0.01)
    assert engagement(*[at(0, "field.changed", "a")] * 4) == 0.94
    assert engagement(at(0, "field.blurred", "a")) == 0.0
    assert engagement(at(0, "page.viewed")) == pytest.approx(1 - 2**-0.5, abs=0.01)


def test_a_clock_ahead_does_not_count_more() -> None:
    assert engagement(at(-300, "field.changed", "a")) == 0.5
    assert hesitations(at(-300, "field.focused", "a")) == 0


def test_time_on_a_step_is_never_negative() -> None:
    shown = NOW - timedelta(seconds=3)
    assert signals(Behavior(shown_at=shown), NOW).time_on_step_ms == 3_000
    ahead = Behavior(shown_at=NOW + timedelta(seconds=3))
    assert signals(ahead, NOW).time_on_step_ms == 0


def test_a_flow_may_have_more_or_less_patience() -> None:
    recent = (at(20, "field.focused", "a"), at(17, "field.changed", "a"))
    found = [
        signals(Behavior(recent, hesitation_ms=patience), NOW).hesitations
        for patience in (2_999, 3_000)
    ]
    assert found == [1, 0]


def test_the_risk_is_a_number_as_soon_as_there_is_anything_to_go_on() -> None:
    seen = Summary({"product": Seen(3, 90_000)}, {"visitor_type": "New_Visitor"})
    risk = signals(Behavior(summary=seen), NOW).abandonment_risk
    assert risk is not None
    assert 0 < risk < 1
