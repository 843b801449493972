"""Personal values do not get past the border: by name, by pattern, beside a personal field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.events.attributes import LABEL, is_label
from cairn.events.model import Event
from cairn.events.personal import holds_personal, says_personal
from cairn.events.redaction import AT_ONCE, REMOVED, Changes, without_personal
from cairn.llm.redact import PROSE, Profile, harmless, redacted
from cairn.llm.redact_technical import TECHNICAL
from tests.parcels import NOW, happened


def changed(event_type: str = "page.viewed", /, **attributes: str | float) -> Changes:
    event = happened("a", event_type).model_copy(update={"attributes": attributes})
    (found,) = without_personal([event])
    return found


@pytest.mark.parametrize(
    "name",
    [
        "email",
        "user_email",
        "emailAddress",
        "e-mail",
        "phone",
        "billing.phone_number",
        "firstName",
        "LAST_NAME",
        "full_name",
        "name",
        "street",
        "IBAN",
        "date_of_birth",
        "clientIP",
        "apiKey",
        "password",
        "email2",
        "e_mail_2",
        "emails",
        "phone1",
        "emailConfirmation",
        "address_line_1",
        "token_2",
    ],
)
def test_names_of_what_is_somebodys_own(name: str) -> None:
    assert says_personal(name)
    assert changed(**{name: "Ada"}) == {name: REMOVED}
    assert changed(**{name: 491701234567.0}) == {name: REMOVED}


@pytest.mark.parametrize(
    "name",
    [
        "plan",
        "product_name",
        "email_template",
        "phone_os",
        "mobile",
        "renamed",
        "shipping",
        "tokens",
    ],
)
def test_names_that_only_look_like_it(name: str) -> None:
    assert not says_personal(name)
    assert not changed(**{name: "Ada"})


def test_a_boolean_tells_nothing_of_anybody() -> None:
    assert not changed(email=True)


def test_what_the_schema_declares_stays() -> None:
    assert not changed("conversion.completed", name="purchase", value=1234567890.5)
    assert not changed("field.changed", field="phone", step="contact", flow="onboarding")
    assert not changed(trace_id="0123456789abcdef" * 2, **{"variation.form": "adaptive-2026-11-20"})


def test_what_was_typed_into_a_personal_field_is_removed() -> None:
    found = changed("field.changed", field="lastName", value="Lovelace", length=8, valid=True)
    assert found == {"value": REMOVED, "length": REMOVED}
    assert changed("field.changed", field="email_2", value="ada") == {"value": REMOVED}
    assert not changed("field.changed", field="goal", value="explore", length=7)


def test_texts_are_redacted() -> None:
    assert changed("custom.asked", text="ada@example.com or DE89 3704 0044 0532 0130 00") == {
        "text": "[email 1] or [iban 1]"
    }
    assert not changed("custom.asked", text="Which plan is best for 15 people?")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("ada%40example.com", "[email 1]"),
        ("ada%2540example.com", "[email 1]"),
        ("ada%252525252540example.com", REMOVED),
        ("100%25 of 15%20people", "100%25 of 15%20people"),
        ("https://a.example/x?email=ada%40b.example&token=hunter2", "https://a.example/x"),
        ("see https://a.example/x#token=hunter2 now", "see https://a.example/x now"),
        ("https%3A%2F%2Fa.example%2F%3Ftoken%3Dhunter2", "https://a.example/"),
        ("/reset?token=hunter2", "/reset"),
        ("/reset;token=hunter2", "/reset"),
        ("/reset%3Btoken%3Dhunter2", "/reset"),
        ("https://a.example/b;sid=1/c;v=2?x=y", "https://a.example/b/c"),
        ("https://ada:hunter2@a.example/b", "https://a.example/b"),
        ("now at /verify/V1StGXR8_Z5jdHi6B-myT", "now at /verify/[key]"),
        ("it is token=hunter2, he said", "it is [key 1] he said"),
        ("either/or; this / that?", "either/or; this / that?"),
    ],
)
def test_encoded_texts_and_urls_hide_nothing(text: str, kept: str) -> None:
    assert changed(note=text).get("note", text) == kept


def test_a_text_full_of_numbers_is_removed() -> None:
    assert changed(note="+49 170 1234567, " * 4) == {"note": "[phone 1], " * 4}
    assert changed(note="+49 170 1234567, " * 6) == {"note": REMOVED}
    assert not changed(note="1.25 and " * 30)


def test_ids_instants_and_versions_are_nobodys() -> None:
    assert not changed(
        "custom.sent",
        order_id="2c9a0d1e-7f3b-4d5e-8a9b-0c1d2e3f4a5b",
        order="2c9a0d1e7f3b4d5e8a9b0c1d2e3f4a5b",
        when="2026-11-21T08:00:00Z",
        sku="SKU-1234567890",
        version="10.2.3.4",
        price="1234567.89",
        agent="Mozilla/5.0 (X11; Linux x86_64) Chrome/120.0.0.0 Safari/537.36",
    )
    assert changed("custom.sent", note="10.2.3.4") == {"note": "[ip 1]"}


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/shop/products/category-7/red-shoes-42", "/shop/products/category-7/red-shoes-42"),
        ("/search?q=ada@example.com#top", "/search"),
        ("/users/ada@example.com/orders", "/users/[email 1]/orders"),
        ("/reset/3f9a8b7c6d5e4f3a3f9a8b7c6d5e4f3a", "/reset/[key]"),
        ("/reset#token=1", "/reset"),
        ("/users/ada%40example.com/x%20y", "/users/[email 1]/x%20y"),
        ("/reset;token=hunter2/next", "/reset/next"),
        ("/reset%3Ftoken=hunter2", "/reset"),
        ("/verify/a81f3c09d2e47b56", "/verify/[key]"),
        ("/blog/2026-11-20-sale", "/blog/2026-11-20-sale"),
        ("/products/iPhone-15-Pro-Max/reviews", "/products/iPhone-15-Pro-Max/reviews"),
        ("https://ada@shop.example/cart", "https://shop.example/cart"),
    ],
)
def test_a_path_keeps_what_is_nobodys(path: str, kept: str) -> None:
    assert changed(path=path).get("path", path) == kept


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("contact", 491701234567),
        ("contact", 491701234567.0),
        ("contact", -2125551234),
        ("payment", 4111111111111111),
        ("payment", 4111111111111111.0),
        ("payment", 6304000000000000000),
    ],
)
def test_numbers_that_are_a_phone_or_a_card_are_removed(name: str, value: float) -> None:
    assert changed("custom.sent", **{name: value}) == {name: REMOVED}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("contact", 123456789),
        ("contact", 1234567890.5),
        ("contact", 1e300),
        ("loaded", NOW.timestamp() // 1),
        ("loaded", NOW.timestamp() * 1_000),
        ("loaded", (NOW.timestamp() + 86_400 * 30) * 1e6),
        ("payment", 4111111111111112),
        ("order_id", 491701234567),
        ("sizeBytes", 491701234567),
        ("paid_amount", 4111111111111111),
    ],
)
def test_numbers_that_count_or_tell_the_time_stay(name: str, value: float) -> None:
    assert not changed("custom.sent", **{name: value})


@pytest.mark.parametrize(
    "name",
    [
        "answers.491701234567",
        "card.4111-1111-1111-1111",
        "variation.DE89370400440532013000",
        "reset.V1StGXR8Z5jdHi6BmyT0aB1c",
    ],
)
def test_an_attribute_whose_name_is_somebodys_is_dropped(name: str) -> None:
    assert changed("custom.sent", **{name: "yes", "plan": "pro"}) == {name: None}


@pytest.mark.parametrize(
    "name", ["checkoutStep2ShippingAddressValid", "utm_2026_11", "answers.company_size_11_50"]
)
def test_an_attribute_with_a_long_name_stays(name: str) -> None:
    assert not changed("custom.sent", **{name: "yes"})


@pytest.mark.parametrize("name", ["answers.ada@example.com", "answers.ada%40example.com"])
def test_names_may_hold_what_is_somebodys_own(name: str) -> None:
    assert holds_personal(name)


@pytest.mark.parametrize("text", ["12 Main Street", "Hauptstraße 5", "5 rue de Rivoli"])
def test_a_street_is_no_label(text: str) -> None:
    assert not is_label(text)


@pytest.mark.parametrize("text", ["street-style 5", "via newsletter 2", "spring 2026", "place 3"])
def test_what_only_sounds_like_a_street_is_a_label(text: str) -> None:
    assert is_label(text)


def test_one_event_among_many_is_found() -> None:
    texts = ["Feb"] * (2 * AT_ONCE) + ["ring 0301234567"] + ["Mar"] * AT_ONCE
    events = [happened(f"e-{place}", note=text) for place, text in enumerate(texts)]
    found = {place: each for place, each in enumerate(without_personal(events)) if each}
    assert found == {2 * AT_ONCE: {"note": "ring [phone 1]"}}


@given(st.lists(st.text(st.characters(exclude_characters="%/"), max_size=40), max_size=4))
def test_events_come_out_as_if_each_text_were_redacted_alone(texts: list[str]) -> None:
    events = [
        Event.model_construct(**{**dict(happened("a")), "attributes": {"note": text}})
        for text in texts
    ]
    found = [
        each.get("note", text) for each, text in zip(without_personal(events), texts, strict=True)
    ]
    assert found == [redacted(text, TECHNICAL).text for text in texts]


@pytest.mark.parametrize("profile", [PROSE, TECHNICAL])
@given(st.lists(st.text("1230 +-@.aeZ:/_", max_size=30), max_size=3))
def test_what_is_called_harmless_would_stay_as_it_is(profile: Profile, texts: list[str]) -> None:
    if harmless(*texts, profile=profile):
        assert [redacted(each, profile).text for each in texts] == texts


@given(st.text(max_size=80))
def test_a_label_is_neither_a_number_nor_an_address(text: str) -> None:
    if LABEL.fullmatch(text):
        assert "@" not in text
        assert any(map(str.isalpha, text)) or len(text) <= 6
