"""The law of trips: each request has a budget of calls to stores, counted."""

from collections.abc import Callable, Iterator

import pytest

from infra.trips.kinds import Counted, batches, decisions, flags
from infra.trips.meter import Meter, MeteredCache, Trips, worst
from infra.trips.report import report
from infra.trips.world import World, world


@pytest.mark.parametrize("kind", [decisions, flags, batches])
def test_every_kind_of_request_stays_within_its_budget(
    kind: Callable[[World], Iterator[Counted]],
) -> None:
    with world() as made:
        found = report(list(kind(made)))
    assert found.targets
    assert [each.name for each in found.targets if not each.ok] == []


def test_the_trace_of_a_decision_is_one_call_and_that_of_a_warm_evaluation_none() -> None:
    with world() as made:
        assert {each.warm.traces for each in decisions(made)} == {1}
        assert {each.warm.traces for each in flags(made)} == {0}


def test_a_kind_over_its_budget_is_a_missed_target() -> None:
    over = Trips(tables=3, cache=1, queue=0, others=0, calls=(), traces=2)
    budget = {"tables": 2, "cache": 1, "traces": 1}
    found = report([Counted("decision by rules", over, None, budget)])
    assert [(each.name, each.ok) for each in found.targets] == [
        ("decision by rules: tables", False),
        ("decision by rules: cache", True),
        ("decision by rules: traces", False),
    ]


def test_the_meter_counts_since_it_was_last_read() -> None:
    meter = Meter()
    MeteredCache(meter).exchange(put={"a": b"1"}, get=["a"], ttl_s=1)
    assert meter.read().cache == 1
    assert meter.read().cache == 0


def test_the_worst_of_several_requests_is_the_most_of_each() -> None:
    one = Trips(tables=1, cache=1, queue=0, others=0, calls=("GetItem",), traces=1)
    other = Trips(tables=2, cache=0, queue=1, others=0, calls=("GetItem", "PutItem"))
    assert worst([one, other]) == Trips(
        tables=2, cache=1, queue=1, others=0, calls=("GetItem", "PutItem"), traces=1
    )
