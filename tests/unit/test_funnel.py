"""How far sessions get in a flow, and what that adds to its counters."""

from collections import Counter
from dataclasses import replace
from functools import reduce
from itertools import permutations

import pytest

from cairn.events.model import Event, Owner
from cairn.events.registry import COMPLETE
from cairn.metrics.declared import declared, published_flow
from cairn.metrics.documents import Dimension, TelemetryDocument
from cairn.metrics.fold import fold
from cairn.metrics.funnel import MOST_FLOWS, MOST_TIMES, UNBEGUN, advanced
from cairn.metrics.model import Counters, Resolution
from cairn.metrics.owners import NEVER_SEEN, OwnerFold
from cairn.metrics.sketch import counter_of
from tests.parcels import FLOW, SESSION, STEPS, decided, funnelled, happened, parcel_of, telling

HEADLINE = Dimension(name="variation.headline", values=("plain", "team"), segments=True)
KNOWN = funnelled(declared(TelemetryDocument(dimensions=(HEADLINE,))))
GROUP = f"flow.{FLOW}"
BY_HEADLINE = f"{GROUP}@variation.headline"
BY_PERSONA = f"{GROUP}@persona"

type Buckets = dict[tuple[str, str, str], Counter[str]]


def counted(*parcels: tuple[Event, ...]) -> Buckets:
    """What parcels of one session add, one after the other, by group, name and minute."""
    owner = Owner("session", SESSION)
    state: OwnerFold = NEVER_SEEN
    added: Buckets = {}
    for number, events in enumerate(parcels):
        found = fold(parcel_of(*events, number=number), 0, {owner: state}, KNOWN)
        state = found.owners.get(owner, state)
        for key, counters in found.rollups.items():
            if key.resolution is Resolution.MINUTE:
                added.setdefault((key.group, key.name, key.bucket[-5:]), Counter()).update(counters)
    return added


def totals(added: Buckets, group: str = GROUP, name: str = "") -> Counters:
    """The counters of a group over all time, save those that amount to nothing."""
    its = [
        counters for (whose, what, _), counters in added.items() if (whose, what) == (group, name)
    ]
    total: Counter[str] = reduce(Counter.__add__, its, Counter())
    return dict(total)


VISIT = (
    decided("d1", step="company", minute=0),
    happened("c1", "step.completed", flow=FLOW, step="company", duration_ms=90_000, minute=2),
    decided("d2", step="team", minute=2),
    happened("b1", "step.back", flow=FLOW, step="team", minute=3),
    happened("v1", "step.viewed", flow=FLOW, step="company", minute=3),
    happened("c2", "step.completed", flow=FLOW, step="company", duration_ms=10_000, minute=4),
    happened("c3", "step.completed", flow=FLOW, step="team", minute=5),
    decided("d3", step=COMPLETE, minute=6),
)


def test_a_session_counts_once_for_each_step_and_once_for_the_flow() -> None:
    its = totals(counted(VISIT))
    assert {name: count for name, count in its.items() if "." not in name} == {
        "decisions": 3,
        "unrated": 3,
        "started": 1,
        "reached|company": 1,
        "reached|team": 1,
        "completed|company": 1,
        "completed|team": 1,
        "back|team": 1,
        "us_on|company": 120_000_000,
        "us_on|team": 180_000_000,
        "completed": 1,
        "us_to_completion": 360_000_000,
    }


def test_a_decision_tells_that_the_step_it_was_asked_with_is_done() -> None:
    visit = (decided("d1", step="company"), decided("d2", step="team", sent="company", minute=2))
    its = totals(counted(visit))
    assert (its["completed|company"], its["us_on|company"]) == (1, 120_000_000)
    reported = happened("c1", "step.completed", flow=FLOW, step="company", minute=1)
    both = totals(counted((*visit, reported)))
    assert (both["completed|company"], both["us_on|company"]) == (1, 60_000_000)


def test_who_sends_a_step_was_at_it_though_no_event_says_that_it_was_shown() -> None:
    visit = (
        decided("d1", step="company"),
        decided("d2", step="team", sent="company", minute=1),
        happened("c1", "step.completed", flow=FLOW, step="invite", minute=2),
    )
    its = totals(counted(visit))
    assert (its["reached|company"], its["us_on|company"]) == (1, 60_000_000)
    assert (its["completed|invite"], its["reached|invite"], its["untimed|invite"]) == (1, 1, 1)
    late = happened("v1", "step.viewed", flow=FLOW, step="invite", minute=1)
    seen = totals(counted(visit, (late,)))
    assert (seen["reached|invite"], seen["us_on|invite"]) == (1, 60_000_000)
    assert "untimed|invite" not in seen
    shown_again = happened("v1", "step.viewed", flow=FLOW, step="invite", minute=3)
    again = totals(counted(visit, (shown_again,)))
    assert (again["reached|invite"], again["untimed|invite"]) == (1, 1)
    assert "us_on|invite" not in again


def test_fields_are_counted_with_the_completion_that_they_led_to() -> None:
    showing = [
        telling(each, {"fields_shown": count}) if each.type == "decision.made" else each
        for each, count in zip(VISIT, range(1, len(VISIT) + 1), strict=True)
    ]
    (*before, done), shown = showing, (1 + 3 + len(VISIT))
    assert "fields_to_completion" not in totals(counted(tuple(before)))
    for parcels in (((*before, done),), ((done,), tuple(before)), ((done, *before), (done,))):
        assert totals(counted(*parcels))["fields_to_completion"] == shown


def test_a_completion_is_sketched_by_the_time_that_it_took() -> None:
    added = counted(VISIT)
    assert totals(added, "latency", "completion_us") == {counter_of(360_000_000): 1}


@pytest.mark.parametrize("first", range(len(VISIT)))
def test_counts_and_their_buckets_are_the_same_in_whichever_order_events_come(first: int) -> None:
    expected = counted(VISIT)
    turned = (*VISIT[first:], *VISIT[:first])
    for parcels in ((turned,), tuple((event,) for event in turned), (turned[::-1],)):
        added = counted(*parcels)
        for place in expected.keys() | added.keys():
            if place[0] in {GROUP, "latency"}:
                assert +added.get(place, Counter()) == +expected.get(place, Counter()), place


def test_no_bucket_ever_holds_less_than_nothing() -> None:
    for order in permutations((VISIT[0], VISIT[2], VISIT[-1])):
        added = counted(*((event,) for event in order))
        assert all(count >= 0 for counters in added.values() for count in counters.values())


def test_a_value_that_comes_late_brings_along_how_far_its_session_is() -> None:
    told = telling(happened("t", minute=7), {"variation.headline": "team"})
    added = counted(VISIT[:3], (told,), VISIT[3:])
    segment = totals(added, BY_HEADLINE)
    assert segment["team|started"] == segment["team|reached|team"] == 1
    assert segment["team|completed"] == 1
    assert segment["team|us_to_completion"] == 360_000_000
    assert segment["team|decisions"] == 1  # the two before are of nobody yet


def test_operations_are_counted_by_the_value_that_their_event_shows_itself() -> None:
    added = counted((telling(decided("a", latency_ms=7), {"variation.headline": "plain"}),))
    its = totals(added, "operations@variation.headline", "plain|decide")
    assert its == {"count": 1, "us": 7_000, counter_of(7_000): 1}
    assert totals(added, BY_HEADLINE)["plain|decisions"] == 1


def test_a_flow_is_counted_by_the_first_persona_that_a_decision_knew() -> None:
    added = counted(
        (
            decided("a", step="company"),
            decided("b", step="team", persona="returning", minute=1),
            decided("c", step=COMPLETE, persona="other", minute=2),
        )
    )
    by_persona = totals(added, BY_PERSONA)
    assert by_persona["returning|started"] == by_persona["returning|reached|company"] == 1
    assert by_persona["returning|completed"] == 1
    assert (by_persona["returning|decisions"], by_persona["other|decisions"]) == (1, 1)


def test_nobody_can_make_up_a_persona_from_outside() -> None:
    added = counted((happened("a", "step.back", flow=FLOW, step="company", persona="made_up"),))
    assert BY_PERSONA not in {group for group, _, _ in added}


def test_what_a_visitor_says_of_flows_and_steps_that_are_not_published_counts_in_none() -> None:
    added = counted(
        (
            happened("a", "step.viewed", flow="made_up", step="company"),
            happened("b", "step.viewed", flow=FLOW, step="made_up"),
            happened("c", "step.viewed", step="company"),
        )
    )
    assert {group for group, _, _ in added} == {"all"}


def test_feedback_counts_in_the_flow_that_it_names_or_else_in_its_sessions() -> None:
    rated = happened("f", "feedback.given", score=4)
    assert totals(counted((VISIT[0], rated)))["score_milli"] == 4_000
    assert totals(counted((rated,))) == {}
    named = happened("n", "feedback.given", score=3, flow=FLOW)
    assert totals(counted((named,))) == {"feedback": 1, "score_milli": 3_000}


def test_a_decision_without_a_session_counts_but_gets_nowhere() -> None:
    event = decided("a", session=None)
    found = fold(parcel_of(event), 0, {event.owner: NEVER_SEEN}, KNOWN)
    (counters,) = [
        each for key, each in found.rollups.items() if key[:2] == (Resolution.DAY, GROUP)
    ]
    assert (counters["decisions"], "started" in counters) == (1, False)


def test_what_is_kept_of_a_session_is_bounded() -> None:
    many = UNBEGUN
    for number in range(2 * MOST_TIMES):
        many = advanced(many, decided("d", step=f"s{number}", minute=number))
    assert len(many.times) == MOST_TIMES
    names = [f"f{number}" for number in range(2 * MOST_FLOWS)]
    known = replace(KNOWN, flows=dict.fromkeys(names, published_flow(STEPS)))
    owner = Owner("session", SESSION)
    state: OwnerFold = NEVER_SEEN
    for each in names:
        parcel = parcel_of(decided(each, flow=each))
        state = fold(parcel, 0, {owner: state}, known).owners[owner]
    assert list(state.flows) == names[:MOST_FLOWS]


def test_the_last_step_is_none_of_a_flow() -> None:
    assert COMPLETE not in STEPS
