"""What is remembered of a session's last events."""

from cairn.behavior.model import NAME_LENGTH, RECENT_EVENTS, RecentEvent, recent_event, remembered
from cairn.behavior.store import BLANK, memory_of
from cairn.behavior.summary import Summary
from tests.parcels import NOW, happened


def test_an_event_is_remembered_without_what_was_typed() -> None:
    event = happened("a", "field.changed", field="vat_id", step="company", value="DE123")
    at_ms = int(NOW.timestamp() * 1000) - 30_000
    assert recent_event(event) == RecentEvent("field.changed", at_ms, "company", "vat_id")


def test_a_long_name_is_cut() -> None:
    event = happened("a", "field.changed", field="f" * 1_000)
    assert recent_event(event).field == "f" * NAME_LENGTH


def test_events_are_kept_by_time_and_equal_ones_once() -> None:
    first, second, third = (RecentEvent("step.viewed", at) for at in (1, 2, 3))
    assert remembered((first, third), [second, third]) == (first, second, third)


def test_the_oldest_are_forgotten() -> None:
    recent = tuple(RecentEvent("page.viewed", at) for at in range(RECENT_EVENTS))
    assert remembered(recent, [RecentEvent("page.viewed", RECENT_EVENTS)]) == (
        *recent[1:],
        RecentEvent("page.viewed", RECENT_EVENTS),
    )


def test_what_only_cairn_did_is_not_remembered() -> None:
    seen, made = RecentEvent("page.viewed", 1), RecentEvent("decision.made", 2)
    own = [RecentEvent("llm.called", 2), RecentEvent("request.completed", 3)]
    assert remembered((seen,), [made, *own]) == (seen, made)


def test_a_session_that_did_nothing_yet_is_not_remembered() -> None:
    assert memory_of(None) == BLANK


def test_a_memory_from_before_there_were_page_kinds_can_be_read() -> None:
    body = '{"recent": [["page.viewed", 1]], "dimensions": {}, "conversions": {"purchase": 1}}'
    memory = memory_of({"body": body})
    assert memory.recent == (RecentEvent("page.viewed", 1),)
    assert memory.summary == Summary(converted=True)
