"""Personal values do not get past the border: by name, by pattern, beside a personal field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.events.attributes import LABEL
from cairn.events.model import Event
from cairn.events.personal import says_personal
from cairn.events.redaction import AT_ONCE, REMOVED, without_personal
from cairn.llm.redact import harmless, redacted
from tests.parcels import happened


def changed(event_type: str = "page.viewed", /, **attributes: str | float) -> dict[str, str]:
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
    ],
)
def test_encoded_texts_and_urls_hide_nothing(text: str, kept: str) -> None:
    assert changed(note=text).get("note", text) == kept


def test_a_text_full_of_numbers_is_removed() -> None:
    assert changed(note="+49 170 1234567, " * 4) == {"note": "[phone 1], " * 4}
    assert changed(note="+49 170 1234567, " * 6) == {"note": REMOVED}
    assert not changed(note="1.25 and " * 30)


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/shop/products/category-7/red-shoes-42", "/shop/products/category-7/red-shoes-42"),
        ("/search?q=ada@example.com#top", "/search"),
        ("/users/ada@example.com/orders", "/users/[email 1]/orders"),
        ("/reset/3f9a8b7c6d5e4f3a3f9a8b7c6d5e4f3a", "/reset/[key 1]"),
        ("/reset#token=1", "/reset"),
        ("/users/ada%40example.com/x%20y", "/users/[email 1]/x%20y"),
    ],
)
def test_a_path_keeps_what_is_nobodys(path: str, kept: str) -> None:
    assert changed(path=path).get("path", path) == kept


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
    assert found == [redacted(text).text for text in texts]


@given(st.lists(st.text("1230 +-@.aeZ:/_", max_size=30), max_size=3))
def test_what_is_called_harmless_would_stay_as_it_is(texts: list[str]) -> None:
    if harmless(*texts):
        assert [redacted(each).text for each in texts] == texts


@given(st.text(max_size=80))
def test_a_label_is_neither_a_number_nor_an_address(text: str) -> None:
    if LABEL.fullmatch(text):
        assert "@" not in text
        assert any(map(str.isalpha, text)) or len(text) <= 6
