"""How events are packed into parcels."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.events.model import PARCEL_BYTES, PARCEL_EVENTS, SOURCE_PARTS, Event, Owner
from cairn.events.pack import PARTS_TOGETHER, pack, shard_of
from cairn.events.store import archive_key, archived
from tests.parcels import NOW, SESSION, WORKSPACE, happened


def reported(count: int) -> list[Event]:
    return [happened(f"e-{number}", session=None, source="crm") for number in range(count)]


def test_a_parcel_is_filled_before_the_next_one_begins() -> None:
    events = [happened(f"e-{number}") for number in range(2 * PARCEL_EVENTS + 1)]
    parcels = pack(WORKSPACE, events, shards=4, now=NOW)
    assert [len(each.events) for each in parcels] == [PARCEL_EVENTS, PARCEL_EVENTS, 1]
    assert [event.id for each in parcels for event in each.events] == [each.id for each in events]


def test_a_parcel_of_large_events_stays_below_its_size() -> None:
    text = "ü" * 1_000
    events = [happened(f"e-{number}", a=text, b=text, c=text) for number in range(50)]
    parcels = pack(WORKSPACE, events, shards=4, now=NOW)
    assert sum(len(each.events) for each in parcels) == 50
    assert len(parcels) == -(-sum(_size(text) for _ in events) // PARCEL_BYTES)


def _size(text: str) -> int:
    return 3 * len(text) * len("\\u00fc")


def test_the_same_events_get_the_same_parcel_within_a_while() -> None:
    events = [happened("a"), happened("b")]
    (first,) = pack(WORKSPACE, events, shards=4, now=NOW)
    (again,) = pack(WORKSPACE, events, shards=4, now=NOW + timedelta(minutes=5))
    (later,) = pack(WORKSPACE, events, shards=4, now=NOW + timedelta(minutes=15))
    (fewer,) = pack(WORKSPACE, events[:1], shards=4, now=NOW)
    (elsewhere,) = pack("other", events, shards=4, now=NOW)
    assert first == again
    assert len({first.id, later.id, fewer.id, elsewhere.id}) == 4


def test_no_id_can_pass_for_several() -> None:
    (owner,) = {happened("a").owner}
    disguised = happened("\x1f".join(("a", *owner[:2], "b")))
    (one,) = pack(WORKSPACE, [disguised], shards=1, now=NOW)
    (two,) = pack(WORKSPACE, [happened("a"), happened("b")], shards=1, now=NOW)
    assert one.id != two.id


def test_a_shard_depends_on_the_owner_alone_and_owners_spread() -> None:
    owners = [Owner("session", f"s-{number}") for number in range(400)]
    shards = [shard_of(WORKSPACE, owner, 4) for owner in owners]
    assert shards == [shard_of(WORKSPACE, owner, 4) for owner in owners]
    assert all(shards.count(shard) > 60 for shard in range(4))


def test_a_session_is_one_owner_and_a_source_has_parts_by_the_ids_of_its_events() -> None:
    whole = {happened(f"e-{number}").owner for number in range(400)}
    assert whole == {Owner("session", SESSION)}
    owners = [event.owner for event in reported(400)]
    assert set(owners) == {Owner("source", "crm", part) for part in range(SOURCE_PARTS)}
    assert all(owners.count(owner) > 15 for owner in owners)
    assert len({owner.partition(WORKSPACE) for owner in owners}) == SOURCE_PARTS


def test_a_busy_source_spreads_over_shards_in_few_and_full_parcels() -> None:
    parcels = pack(WORKSPACE, reported(500), shards=32, now=NOW)
    assert len({each.group for each in parcels}) == SOURCE_PARTS // PARTS_TOGETHER
    assert len(parcels) <= 500 / PARCEL_EVENTS + SOURCE_PARTS // PARTS_TOGETHER
    assert max(len(each.owners) for each in parcels) <= PARTS_TOGETHER
    assert len(pack(WORKSPACE, reported(20), shards=32, now=NOW)) <= SOURCE_PARTS // PARTS_TOGETHER


def test_a_part_of_a_source_stays_together_in_its_order() -> None:
    events = reported(500)
    parcels = pack(WORKSPACE, events, shards=32, now=NOW)
    for owner in {event.owner for event in events}:
        carriers = [each for each in parcels if owner in each.owners]
        assert len(carriers) <= 2
        assert len({each.group for each in carriers}) == 1
        carried = [event for each in carriers for event in each.events if event.owner == owner]
        assert carried == [event for event in events if event.owner == owner]


def test_the_archive_has_a_parcel_under_its_arrival() -> None:
    (parcel,) = pack(WORKSPACE, [happened("a")], shards=4, now=NOW)
    arrived_at = NOW + timedelta(days=1, microseconds=7)
    key = archive_key(parcel, arrived_at)
    assert key == f"parcels/demo/2026/11/21/100030.000007-{parcel.id}.json.gz"
    assert archived(key) == (arrived_at, parcel.id)


@pytest.mark.parametrize("key", ["parcels/demo/2026/11/20/par_1.json.gz", "parcels/a-b.json.gz"])
def test_another_key_tells_of_no_arrival(key: str) -> None:
    with pytest.raises(ValueError, match="does not match format"):
        archived(key)


@given(st.lists(st.integers(0, 10**15), min_size=2, max_size=2))
def test_archive_keys_sort_by_arrival(later_us: list[int]) -> None:
    (parcel,) = pack("a-b", [happened("a")], shards=4, now=NOW)
    first, last = (NOW + timedelta(microseconds=each) for each in sorted(later_us))
    assert archive_key(parcel, first) <= archive_key(parcel, last)
