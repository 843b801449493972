"""What functions report of themselves travels with what they send anyway."""

from datetime import timedelta

import pytest

from cairn.events.model import PARCEL_EVENTS, Event, Parcel
from cairn.events.own import About, Served, batch_completed, error_raised, request_completed
from cairn.events.pack import pack
from cairn.events.registry import REGISTRY, fault
from cairn.platform.ids import sortable_id
from tests.parcels import NOW, WORKSPACE, happened

SHARDS = 4
SERVED = Served("POST /v1/events", 202, 3.14159, "a" * 32)


def packed(*events: Event) -> tuple[Event, list[Parcel]]:
    own = batch_completed(WORKSPACE, events, SERVED, NOW, SHARDS)
    return own, pack(WORKSPACE, [*events, own], shards=SHARDS, now=NOW)


def of_sessions(*counts: int) -> list[Event]:
    return [
        happened(f"e-{number}", session=f"s-{session}")
        for session, count in enumerate(counts)
        for number in range(count)
    ]


def of_a_source(count: int) -> list[Event]:
    return [happened(f"e-{number}", session=None, source="crm") for number in range(count)]


@pytest.mark.parametrize("counts", [(1,), (49,), (50, 1), (20, 30, 50, 3), (7,) * 60, (99, 100)])
def test_a_batch_is_reported_without_a_parcel_of_its_own(counts: tuple[int, ...]) -> None:
    events = of_sessions(*counts)
    own, parcels = packed(*events)
    assert len(parcels) == len(pack(WORKSPACE, events, shards=SHARDS, now=NOW))
    (carrier,) = (parcel for parcel in parcels if own in parcel.events)
    assert own.owner in {event.owner for event in carrier.events if event != own}


def test_where_every_parcel_is_full_one_more_is_sent() -> None:
    _, parcels = packed(*of_sessions(PARCEL_EVENTS))
    assert [len(each.events) for each in parcels] == [PARCEL_EVENTS, 1]


@pytest.mark.parametrize("count", [1, 20, 70, 500])
def test_a_batch_without_sessions_is_reported_with_a_part_of_its_source(count: int) -> None:
    events = of_a_source(count)
    own, parcels = packed(*events)
    assert own.source == "crm"
    assert own.owner in {event.owner for event in events}
    assert len(parcels) == len(pack(WORKSPACE, events, shards=SHARDS, now=NOW))


def test_a_batch_of_a_source_that_is_sent_again_is_the_same_request() -> None:
    own, parcels = packed(*of_a_source(20))
    again, repeated = packed(*of_a_source(20))
    assert again.id == own.id
    assert [each.id for each in repeated] == [each.id for each in parcels]


def test_a_batch_that_is_sent_again_is_the_same_request() -> None:
    events = of_sessions(3)
    own, parcels = packed(*events)
    later = NOW + timedelta(minutes=3)
    again = batch_completed(WORKSPACE, events, SERVED, later, SHARDS)
    assert again.id == own.id
    assert batch_completed(WORKSPACE, events[:2], SERVED, later, SHARDS).id != own.id
    repeated = pack(WORKSPACE, [*events, again], shards=SHARDS, now=later)
    assert [each.id for each in repeated] == [each.id for each in parcels]


def test_a_request_and_its_errors_fit_their_schemas() -> None:
    served = Served("POST /v1/decisions", 200, 7.12345, "a" * 32, "onboarding", "report.late")
    about = About("decide-next-step", sortable_id("dec", NOW), NOW, "s-1", "0123")
    completed = request_completed(served, about)
    assert completed.attributes == {
        "operation": "POST /v1/decisions",
        "status": 200,
        "latency_ms": 7.123,
        "code": "report.late",
        "flow": "onboarding",
        "trace_id": "a" * 32,
    }
    assert (completed.owner.id, completed.subject, completed.at) == ("s-1", "0123", NOW)
    raised = [error_raised(code, served, about) for code in ("one", "one", "other")]
    assert len({completed.id, *(each.id for each in raised)}) == 3
    assert raised[0].attributes.keys() == {"code", "operation", "flow", "trace_id"}
    for event in (completed, *raised):
        assert fault(event.type, event.attributes) is None
    assert REGISTRY[completed.type].reserved
