"""Which events are taken, and what those that are not are told."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from cairn.events.admission import OLDEST, TOLERATED, Admitted, Arrival, Sender, admit
from cairn.events.formats import plain
from cairn.events.model import ATTRIBUTES, Event, Parcel
from cairn.events.registry import REGISTRY, fault
from cairn.events.skew import BELIEVED, TOLERANCE
from cairn.platform.observability.correlation import pseudonym
from tests.parcels import NOW, SESSION, WORKSPACE, parcel_of

SERVER = Sender(WORKSPACE, brings_sessions=True, trusted=True)
PAGE = Sender(WORKSPACE, brings_sessions=False, trusted=False)
TRACE = "0af7651916cd43dd8448eb211c80319c"
SECOND = timedelta(seconds=1)


def page(identifier: str, **fields: object) -> Mapping[str, object]:
    return {"id": identifier, "type": "page.viewed", "session_id": SESSION, **fields}


def admitted(
    *events: Mapping[str, object], sender: Sender = SERVER, skew: timedelta | None = None
) -> Admitted:
    batch = [plain(event) for event in events]
    return admit(batch, sender, Arrival(NOW, TRACE, skew))


def taken(*events: Mapping[str, object], skew: timedelta | None = None) -> list[Event]:
    found = admitted(*events, skew=skew)
    assert not found.rejected
    return [event for _, event in found.events]


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
        (page("a", kind="ada@example.com"), "event.invalid"),
        (page("a", kind="+49 170 1234567"), "event.invalid"),
        (page("a", kind="4111 1111 1111 1111"), "event.invalid"),
        (page("a", kind="x" * 65), "event.invalid"),
        (page("a", plan="\ud800"), "event.invalid"),
        (page("a\udfff"), "event.invalid"),
        (page("a", **{"pl\ud800n": "x"}), "event.invalid"),
        (page("a", **{"1st": "x"}), "event.invalid"),
        (page("a", number=float("1e400")), "event.invalid"),
        (page("a", trace_id="4711"), "event.invalid"),
        (page("a", client_at="2026-11-20T10:00:00Z"), "event.invalid"),
        (page("a", **{"variation.banner": "not a name"}), "event.invalid"),
        (page("a", **{f"a{number}": 1 for number in range(ATTRIBUTES + 1)}), "event.invalid"),
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


@pytest.mark.parametrize(
    ("event", "detail"),
    [
        ({"type": "page.viewed"}, "An event needs id."),
        (page("a", at="4111 1111 1111 1111"), "at must be a time as in RFC 3339"),
        (page("a", at="2026-11-20T10:00:00"), "at must be a time as in RFC 3339"),
        (page("a", session_id="has#hash"), "session_id must be 1 to 128 letters, digits"),
        (page("x" * 129), "id must be a text of 1 to 128 characters."),
        (page("a", type=None), "An event needs type."),
        (page("a", type="Page"), "type must be a name such as page.viewed"),
        (page("a", deep={"er": 1}), "The attribute deep must be a text of at most 1,024"),
        (page("a", **{"4111-1": 1}), "The name of an attribute begins with a letter"),
        (page("a", plan="\ud800"), "A text in attributes contains half of a surrogate pair."),
        (page("a", kind="4111 1111"), "The attribute kind of page.viewed must be a short name"),
        (page("a", **{f"a{number}": 1 for number in range(99)}), "at most 64 attributes"),
    ],
)
def test_a_refusal_is_told_in_our_words_and_repeats_no_value(
    event: Mapping[str, object], detail: str
) -> None:
    (refused,) = admitted(event).rejected
    assert detail in refused.detail
    assert refused.detail.endswith(".")
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
    (event,) = taken(page("a", at=None, kind=None), skew=timedelta(hours=1))
    assert (event.at, event.attributes) == (NOW, {"trace_id": TRACE})


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


def test_what_belongs_to_another_trace_says_so_itself() -> None:
    (event,) = taken(page("a", trace_id="b" * 32))
    assert event.text("trace_id") == "b" * 32


def test_a_person_goes_on_under_a_pseudonym() -> None:
    (event,) = taken(page("a", subject="u-42"))
    assert event.subject == pseudonym(WORKSPACE, "u-42")


@pytest.mark.parametrize("skew", [timedelta(hours=3), -timedelta(minutes=20), BELIEVED])
def test_a_clock_that_is_off_is_corrected_on_every_event(skew: timedelta) -> None:
    told = NOW - skew - SECOND
    (event,) = taken(page("a", at=told.isoformat()), skew=skew)
    assert (event.id, event.at) == ("a", NOW - SECOND)
    assert event.text("client_at") == told.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.mark.parametrize("skew", [None, TOLERANCE, -TOLERANCE, BELIEVED + SECOND])
def test_small_and_unbelievable_differences_are_left_alone(skew: timedelta | None) -> None:
    (event,) = taken(page("a", at=(NOW - SECOND).isoformat()), skew=skew)
    assert (event.at, event.text("client_at")) == (NOW - SECOND, None)


def test_what_is_too_old_or_not_yet_is_so_by_our_clock() -> None:
    hour = timedelta(hours=1)
    early, late = NOW + hour, NOW - OLDEST - hour
    assert len(taken(page("a", at=early.isoformat()), skew=-hour)) == 1
    assert len(taken(page("a", at=late.isoformat()), skew=hour)) == 1
    soon = NOW + TOLERATED
    (refused,) = admitted(page("a", at=soon.isoformat()), skew=hour).rejected
    assert refused.code == "event.in_future"
    (refused,) = admitted(page("a", at="9999-12-31T23:59:59Z"), skew=hour).rejected
    assert refused.code == "event.in_future"
    (refused,) = admitted(page("a", at="0001-01-01T00:00:00Z"), skew=-hour).rejected
    assert refused.code == "event.too_old"


def test_the_fullest_event_still_fits_a_parcel() -> None:
    full = page("a", at=NOW.isoformat(), **{f"a{number}": 1 for number in range(ATTRIBUTES)})
    (event,) = taken(full, skew=-timedelta(minutes=1))
    parcel = parcel_of(event)
    assert Parcel.model_validate_json(parcel.to_json()) == parcel


def test_what_was_taken_out_is_told_by_its_position() -> None:
    found = admitted(page("a"), page("b", note="call +49 30 1234567"), page("c", type="no.no"))
    assert found.redacted == (1,)
    assert [event.text("note") for _, event in found.events] == [None, "call [phone 1]"]


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_every_declared_type_names_what_it_lacks(name: str) -> None:
    required = [key for key, schema in REGISTRY[name].attributes.items() if schema.required]
    found = fault(name, {})
    assert found is None if not required else found == f"{name} needs the attribute {required[0]}."
