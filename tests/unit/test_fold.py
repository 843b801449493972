"""The fold, over plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from cairn.behavior.model import RECENT_EVENTS
from cairn.events.model import Event, Owner, Parcel
from cairn.events.registry import COMPLETE
from cairn.experiments.following import Following
from cairn.experiments.gathering import Followed
from cairn.experiments.model import RUNNING
from cairn.metrics.declared import NOTHING_DECLARED, Declared, declared, published_flow
from cairn.metrics.distinct import estimate
from cairn.metrics.documents import Conversion, Dimension, TelemetryDocument
from cairn.metrics.fold import ROOM, Folded, fold
from cairn.metrics.following import NO_PARTICIPANTS, Participants
from cairn.metrics.model import SEGMENTS, Counters, Resolution, RollupKey, Sight
from cairn.metrics.owners import INLINE_IDS, NEVER_SEEN, OwnerFold
from cairn.metrics.series import ALL
from cairn.metrics.tally import WIDTH
from tests.arms import running
from tests.parcels import DECLARED, FLOW, SESSION, decided, happened, parcel_of, telling

OWNER = Owner("session", SESSION)
LEAST_ROOM = 99
CALL: Final[Mapping[str, str | float]] = {
    "tier": "llm",
    "provider": "east",
    "model": "small",
    "outcome": "answered",
    "flow": FLOW,
    "attempts": 1,
    "latency_ms": 700,
    "tokens_uncached": 5,
    "tokens_output": 9,
    "cost_usd": 1,
}


def folded(  # noqa: PLR0913  # what a fold depends on
    *events: Event,
    before: OwnerFold = NEVER_SEEN,
    known: Declared = DECLARED,
    room: int = ROOM,
    seen: frozenset[Sight] = frozenset(),
    participants: Participants = NO_PARTICIPANTS,
    now: datetime | None = None,
) -> Folded:
    """Events of one parcel, however many."""
    parcel = parcel_of(events[0]).model_copy(update={"events": events})
    owners = dict.fromkeys(parcel.owners, before)
    return fold(parcel, 0, owners, known, room, seen=seen, participants=participants, now=now)


def daily(found: Folded, group: str = ALL) -> Counters:
    """The day's counters of a group."""
    return found.rollups.get(RollupKey(Resolution.DAY, group, "2026-11-20"), {})


def writes(found: Folded) -> int:
    written = (found.owners, found.spills, found.rollups, found.registers, found.sights)
    return sum(map(len, (*written, found.participants, found.arms)))


def test_an_event_is_counted_in_the_bucket_of_its_own_time() -> None:
    found = folded(happened("a", minute=0), happened("b", minute=61))
    assert found.rollups.keys() == {
        RollupKey(Resolution.MINUTE, ALL, "2026-11-20T10:00"),
        RollupKey(Resolution.MINUTE, ALL, "2026-11-20T11:01"),
        RollupKey(Resolution.HOUR, ALL, "2026-11-20T10"),
        RollupKey(Resolution.HOUR, ALL, "2026-11-20T11"),
        RollupKey(Resolution.DAY, ALL, "2026-11-20"),
    }
    assert daily(found)["page_views"] == 2


def test_a_session_counts_once_with_its_first_event() -> None:
    first = folded(happened("a"), happened("b"))
    again = folded(happened("c"), before=first.owners[OWNER])
    assert daily(first)["sessions"] == 1
    assert "sessions" not in daily(again)


def test_a_source_is_no_session_and_has_no_dimensions() -> None:
    event = happened("a", session=None, source="crm", weekend=True)
    found = folded(event)
    assert daily(found) == {"events.page.viewed": 1, "page_views": 1}
    assert daily(found, "weekend") == {}
    assert list(found.owners) == [event.owner] == [Owner("source", "crm", event.owner.part)]


def test_a_dimension_that_comes_late_brings_the_session_and_its_conversions() -> None:
    early = folded(
        happened("a", "conversion.completed", name="purchase"),
        happened("b", "conversion.completed", name="purchase"),
    )
    late = folded(
        happened("c", "conversion.completed", name="purchase", weekend=True),
        before=early.owners[OWNER],
    )
    assert daily(early, "weekend") == {}
    assert daily(late, "weekend") == {"true|sessions": 1, "true|conversions.purchase": 3}


def test_the_first_value_of_a_dimension_stays() -> None:
    found = folded(
        happened("a", weekend=True),
        happened("b", "conversion.completed", name="purchase", weekend=False),
    )
    assert daily(found, "weekend") == {"true|sessions": 1, "true|conversions.purchase": 1}


def test_what_is_not_declared_is_counted_together() -> None:
    found = folded(
        happened("a", "custom.one"),
        happened("b", "custom.two"),
        happened("c", "conversion.completed", name="anything"),
        happened("d", weekend="maybe"),
    )
    assert daily(found)["events.custom.other"] == 2
    assert daily(found)["conversions.other"] == 1
    assert daily(found, "weekend")["other|sessions"] == 1


def test_a_workspace_that_declares_nothing_is_counted_in_all() -> None:
    found = folded(happened("a", weekend=True), known=NOTHING_DECLARED)
    assert {key.group for key in found.rollups} == {ALL}


def test_an_event_counts_as_every_conversion_that_names_its_type_once() -> None:
    document = TelemetryDocument(
        conversions=(
            Conversion(name="sale", events=("custom.paid", "conversion.completed")),
            Conversion(name="upsell", events=("custom.paid",)),
        )
    )
    found = folded(
        happened("a", "custom.paid"),
        happened("b", "conversion.completed", name="sale"),
        known=declared(document),
    )
    assert (daily(found)["conversions.sale"], daily(found)["conversions.upsell"]) == (2, 1)


def test_the_longest_run_that_fits_is_folded_and_the_rest_follows() -> None:
    events = [happened(f"e-{number}", session=f"s-{number}", minute=number) for number in range(50)]
    parcel = parcel_of(*events)
    owners = dict.fromkeys(parcel.owners, NEVER_SEEN)
    first = fold(parcel, 0, owners, DECLARED, room=60)
    rest = fold(parcel, first.done, {**owners, **first.owners}, DECLARED, room=60)
    assert 0 < first.done < rest.done == 50
    assert writes(first) <= 60
    assert first.done == 29  # an owner and a minute for each, one hour and one day
    assert first.counted + rest.counted == 50


def test_an_event_that_is_known_needs_no_room() -> None:
    events = [happened("a"), *[happened("a")] * 20, happened("b", minute=1)]
    found = folded(*events, room=5)
    assert (found.done, found.counted, writes(found)) == (22, 2, 5)


def test_any_one_event_fits_into_the_least_room() -> None:
    dimensions = tuple(
        Dimension(name=f"d{number}", values=("x",), segments=number < SEGMENTS)
        for number in range(8)
    )
    flows = dict.fromkeys((FLOW, "other", "third"), published_flow("abc", "p"))
    counted = replace(declared(TelemetryDocument(dimensions=dimensions)), flows=flows)
    following = running(RUNNING + 3)
    known = replace(counted, following=Followed(following))
    full = folded(
        decided("s", step="c", persona="p", minute=24 * 60 * 3),
        decided("v", step="a", minute=24 * 60 * 7),
        decided("u", step="c", sent="a", minute=24 * 60 * 4),
        decided("w", step=COMPLETE, minute=24 * 60 * 5),
        decided("t", step="c", sent="b", minute=24 * 60 * 6),
        decided("other", flow="other"),
        *(happened(f"seen-{number}") for number in range(INLINE_IDS - 6)),
        known=known,
    )
    shown = {each.name: "x" for each in dimensions}
    event = decided(
        "x", step="a", sent="b", persona="p", latency_ms=5, minute=24 * 60 * 2 + 61, **shown
    )
    event = telling(event, dict.fromkeys(variations(following), "a"))
    event = event.model_copy(update={"subject": "somebody"})
    anonymous = happened("y", subject="anonymous", minute=1)
    exposing = telling(decided("z"), dict.fromkeys(variations(following), "b"))
    before = folded(anonymous, exposing, known=known).participants
    call = event.model_copy(update={"type": "llm.called", "attributes": {**CALL, **shown}})
    for each in (event, call):
        found = folded(
            each, before=full.owners[OWNER], known=known, room=LEAST_ROOM, participants=before
        )
        assert (found.done, found.counted) == (1, 1)
        assert len(found.spills) == len(found.sights) == 1
        assert writes(found) == LEAST_ROOM


def variations(following: Following) -> list[str]:
    """The attributes in which a decision tells what it served."""
    return [f"variation.{name}" for name in following.experiments]


def test_an_item_is_never_added_to_in_more_counters_than_an_update_may_have() -> None:
    models = [f"m{each}" for each in range(50)]
    parcel = parcel_of(
        *(telling(happened(each, "llm.called"), {**CALL, "model": each}) for each in models)
    )
    known = replace(DECLARED, models=frozenset(f"east/{each}" for each in models))
    first = fold(parcel, 0, {OWNER: NEVER_SEEN}, known)
    rest = fold(parcel, first.done, first.owners, known)
    assert (first.done, rest.done) == (WIDTH // 6, 50)
    assert max(map(len, first.rollups.values())) == WIDTH // 6 * 6
    assert daily(first, "models").keys().isdisjoint(daily(rest, "models"))


def test_a_subject_is_new_once_a_day() -> None:
    first = folded(happened("a", subject="u-1"), happened("b", subject="u-1", minute=1))
    again = folded(happened("c", subject="u-1"), happened("d", subject="u-2"), seen=first.sights)
    assert first.sights == {Sight("u-1", "2026-11-20")}
    assert (daily(first)["subjects"], daily(again)["subjects"]) == (1, 1)
    assert again.sights == {Sight("u-2", "2026-11-20")}


def test_who_was_there_is_kept_in_registers_of_every_bucket() -> None:
    first = folded(happened("a", subject="u-1"), happened("b", subject="u-2"))
    again = folded(happened("c", subject="u-1"), seen=first.sights)
    there = {key.resolution: estimate(each) for key, each in first.registers.items()}
    assert there == dict.fromkeys(Resolution, 2)
    assert {key.resolution for key in again.registers} == {Resolution.MINUTE, Resolution.HOUR}


def test_a_value_that_is_not_counted_apart_is_counted_as_folded_once_per_session() -> None:
    found = folded(happened("a", weekend="maybe"), happened("b", weekend="perhaps"))
    assert daily(found)["folded.weekend"] == 1
    assert "folded.weekend" not in daily(folded(happened("a", weekend="true")))


def test_recent_events_are_kept_by_time_and_bounded() -> None:
    events = [
        happened(f"e-{number}", "step.viewed", minute=-number, step=str(number))
        for number in range(50)
    ]
    state = folded(*events).owners[OWNER]
    state = folded(happened("late", "step.viewed", minute=1, step="last"), before=state).owners[
        OWNER
    ]
    assert len(state.recent) == RECENT_EVENTS
    assert [each.step for each in state.recent][-2:] == ["0", "last"]
    assert list(state.recent) == sorted(state.recent, key=lambda each: each.at_ms)


def test_a_state_tells_when_its_first_event_came_and_its_latest_was() -> None:
    state = folded(happened("a", minute=5), happened("b", minute=3)).owners[OWNER]
    later = folded(happened("c", minute=4), before=state).owners[OWNER]
    minute_ms = 60_000
    assert state.first_at_ms is not None
    assert state.last_at_ms == state.first_at_ms
    assert (later.first_at_ms, later.last_at_ms) == (state.first_at_ms, state.last_at_ms)
    assert later.recent[0].at_ms == state.first_at_ms - 2 * minute_ms
    assert (later.version, later.events) == (2, 3)


def with_ids(count: int) -> OwnerFold:
    """A session that has seen so many events."""
    state = NEVER_SEEN
    for chunk in chunks([happened(f"seen-{number}") for number in range(count)]):
        state = folded(*chunk, before=state).owners[OWNER]
    return state


def chunks(events: Sequence[Event]) -> list[Sequence[Event]]:
    return [events[start : start + 50] for start in range(0, len(events), 50)]


def test_an_unchanged_owner_is_not_written() -> None:
    state = with_ids(1)
    parcel: Parcel = parcel_of(happened("seen-0"))
    found = fold(parcel, 0, {OWNER: state}, DECLARED)
    assert (found.done, found.counted, writes(found)) == (1, 0, 0)
