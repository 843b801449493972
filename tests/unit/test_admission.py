"""Which events are taken, and what those that are not are told."""

from collections.abc import Mapping

import pytest

from cairn.events.admission import Admitted, Sender, admit
from cairn.events.formats import RawEvent, plain
from cairn.events.registry import REGISTRY, fault
from tests.parcels import NOW, SESSION

SERVER = Sender(brings_sessions=True, trusted=True)
PAGE = Sender(brings_sessions=False, trusted=False)


def page(identifier: str, **fields: object) -> Mapping[str, object]:
    return {"id": identifier, "type": "page.viewed", "session_id": SESSION, **fields}


def admitted(*events: Mapping[str, object], sender: Sender = SERVER) -> Admitted:
    batch: list[RawEvent | None] = [plain(event) for event in events]  # type: ignore[arg-type]  # JSON as a client writes it
    return admit(batch, sender, NOW)


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (page("a", type="page.teleported"), "event.unknown_type"),
        (page("a", type="custom.Not A Name"), "event.invalid"),
        (page("a", id=""), "event.invalid"),
        (page("a", attributes=["kind"]), "event.invalid"),
        (page("a", kind="x", attributes={"kind": "y"}), "event.invalid"),
        (page("a", deep={"er": 1}), "event.invalid"),
        (page("a", at="9999-12-31T23:59:59-10:00"), "event.invalid"),
        (page("a", at="0001-01-01T00:00:00+10:00"), "event.invalid"),
        (page("a", at=1_795_168_800), "event.invalid"),
        (page("a", at="1795168800"), "event.invalid"),
        (page("a", number=float("inf")), "event.invalid"),
        (page("a", number=10**400), "event.invalid"),
        (page("a", duration_ms="long"), "event.invalid"),
        (page("a", duration_ms=-1), "event.invalid"),
        (page("a", duration_ms=1.5), "event.invalid"),
        (page("a", duration_ms=True), "event.invalid"),
        (page("a", kind=""), "event.invalid"),
        (page("a", at="yesterday"), "event.invalid"),
        (page("a", at="2026-11-20T10:00:00"), "event.invalid"),
        (page("a", session_id="has#hash"), "event.invalid"),
        (page("a", type="feedback.given"), "event.invalid"),
        (page("a", type="feedback.given", score=101), "event.invalid"),
        ({"id": "a", "type": "page.viewed"}, "event.no_owner"),
        (page("a", at="2026-11-20T10:06:00Z"), "event.in_future"),
        (page("a", at="2025-10-01T00:00:00Z"), "event.too_old"),
        (page("a", **{f"a{number}": "é" * 1_000 for number in range(40)}), "event.too_large"),
    ],
)
def test_an_invalid_event_is_refused_alone(event: Mapping[str, object], code: str) -> None:
    found = admitted(page("good"), event, page("also-good"))
    assert [index for index, _ in found.events] == [0, 2]
    assert [(each.index, each.code) for each in found.rejected] == [(1, code)]


def test_a_refusal_does_not_repeat_what_was_typed() -> None:
    (refused,) = admitted(page("a", at="4111 1111 1111 1111")).rejected
    assert refused.detail.startswith("at: ")
    assert "4111" not in refused.detail


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (page("a", session_id="mine"), "event.session_not_yours"),
        (page("a", session_id="ses_" + "A" * 32), "event.session_not_yours"),
        (page("a", type="decision.made", source="s"), "event.type_reserved"),
    ],
)
def test_a_page_may_do_less_than_a_server(event: Mapping[str, object], code: str) -> None:
    assert [each.code for each in admitted(event, sender=PAGE).rejected] == [code]


def test_an_event_without_a_time_happened_now_and_a_null_is_absent() -> None:
    ((_, event),) = admitted(page("a", at=None, kind=None)).events
    assert (event.at, event.attributes) == (NOW, {})


def test_ids_are_unique_per_owner() -> None:
    found = admitted(
        page("a"),
        page("a"),
        page("a", session_id="other"),
        {"id": "a", "type": "error.raised", "source": "s"},
    )
    assert (len(found.events), found.repeated) == (3, 1)


def test_the_first_of_a_repeated_event_is_the_one_that_counts() -> None:
    ((index, event),) = admitted(page("a", kind="first"), page("a", kind="second")).events
    assert (index, event.text("kind")) == (0, "first")


def test_custom_types_need_no_declaration_and_no_schema() -> None:
    assert not admitted(page("a", type="custom.anything", whatever=1.5)).rejected


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_every_declared_type_names_what_it_lacks(name: str) -> None:
    required = [key for key, schema in REGISTRY[name].attributes.items() if schema.required]
    found = fault(name, {})
    assert found is None if not required else found == f"{name} needs the attribute {required[0]}."
