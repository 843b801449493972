"""Free text before it leaves: what is taken out, what stays, and how long it takes."""

import re
import time
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from cairn.llm.check_digits import is_card, is_iban, is_national_id
from cairn.llm.personal_values import told, without
from cairn.llm.redact import PROSE, Profile, redacted, visible
from cairn.llm.redact_rules import RULES
from cairn.llm.redact_technical import TECHNICAL

KEY = "sk-" + "proj-4f9a8b7c6d5e4f3a"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("write to ada.l+x@mail.example.co.uk, please", "write to [email 1], please"),
        ("ada (at) example.com", "[email 1]"),
        ("user@exämple.de", "[email 1]"),
        ("ring +49 30 1234567 or (030) 123-4567", "ring [phone 1] or [phone 2]"),
        ("0301234567", "[phone 1]"),
        ("to DE89 3704 0044 0532 0130 00, thanks", "to [iban 1], thanks"),
        ("AB12 is not, gb82west12345698765432 is", "AB12 is not, [iban 1] is"),
        ("4111-1111-1111-1111 until 12/29", "[card 1] until 12/29"),
        ("my SSN is 123-45-6789", "my SSN is [national id 1]"),
        ("12345678Z and X1234567L", "[national id 1] and [national id 2]"),
        ("RSSMRA85T10A562S", "[national id 1]"),
        ("AB 12 34 56 C", "[national id 1]"),
        ("from 192.168.0.12 to 2001:db8::1.", "from [ip 1] to [ip 2]."),
        (f"the key {KEY} works", "the key [key 1] works"),
        ("password: hunter2", "[key 1]"),
        ("Authorization: Bearer abcdefghijklmnop", "Authorization: [token 1]"),
        ("AKIAIOSFODNN7EXAMPLE", "[key 1]"),
        ("id 123456789012 here", "id [phone 1] here"),
        ("see /x?access_token=hunter2&a=b", "see /x?[key 1]&a=b"),
        ("/reset;jsessionid=0815;v=1", "/reset;[key 1];v=1"),
        ("my_eyJhbGciOiJkaXIifQ..aXY.Y3Q.dGFn", "my[token 1]"),
        ("to 12 Main Street, please", "to [address 1], please"),
        ("221b baker st", "[address 1]"),
        ("Lange Straße 5a", "Lange [address 1]"),
        ("Waldweg 12 and Hauptstr. 3", "[address 1] and [address 2]"),
        ("5 rue de Rivoli", "[address 1]"),
        ("Calle Mayor 3", "[address 1]"),
    ],
)
def test_what_says_who_somebody_is_or_opens_a_door_is_taken_out(text: str, left: str) -> None:
    assert redacted(text).text == left


@pytest.mark.parametrize(
    "text",
    [
        "We are 15-30 people and start on 2026-11-20 with 1,200 seats.",
        "Version 3.14.0, meeting at 12:30:15",
        "PO-2026-0042",
        "https://example.com/path?a=b",
        "Geschäftsführung, Qualitätsmanagement & Co.",
        "3 dogs in the street, 2 people per street, street 5",
        "via email 2, place order 3, spring 2026, step 1 of 2",
        "a token: each of the 5",
        "",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert redacted(text).text == text


@pytest.mark.parametrize(
    "text",
    [
        "2c9a0d1e-7f3b-4d5e-8a9b-0c1d2e3f4a5b",
        "order_2c9a0d1e-7f3b-4d5e-8a9b-0c1d2e3f4a5b is 0af7651916cd43dd8448eb211c80319c",
        "span b7ad6b7169203331, commit 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "2026-11-21T08:00:00Z to 2026-11-21 08:01:00.123456 +01:00 or 09:15:00",
        "SKU-1234567890, INV-2026-11-0042 on worker-12",
        "Chrome/120.0.0.0 Safari/537.36",
        "v10.2.3.4 or version 10.2.3.4",
        'GET /orders/100001 200 and "GET /orders/1001/items/200 HTTP/1.1" 200 1234 56',
        "WHERE id = 1234567890 AND made > 1795168800000 AND price < 1234567.89",
        "arn:aws:lambda:eu-central-1:123456789012:function:shop",
        "checkout-service-7d9f8b6c5-x2x9z of std::string and foo::bar",
        "/v1/workspaces/demo/orders/42/items-of-2026",
        "0.123456789 and 1.2.840.113549.1.1",
        "4111111111111112 and 1234567812345670",
    ],
)
def test_what_programs_write_stays_in_technical_texts(text: str) -> None:
    assert redacted(text, TECHNICAL).text == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("ring 0301234567 or 030/1234567", "ring [phone 1] or [phone 2]"),
        ("+49 170 1234567 and (030) 123-4567", "[phone 1] and [phone 2]"),
        ("212-555-1234 and 170 123 45 67", "[phone 1] and [phone 2]"),
        ("2026-11-21 0301234567", "2026-11-21 [phone 1]"),
        ("phone-0301234567", "phone-[phone 1]"),
        ("200 4111 1111 1111 1111 12/29", "200 [card 1] 12/29"),
        ("x-4111111111111111", "x-[card 1]"),
        ("SSN 123-45-6789, DNI 12345678Z", "SSN [national id 1], DNI [national id 2]"),
        ("DE89 3704 0044 0532 0130 00", "[iban 1]"),
        ("10.0.0.5:5432 and fe80::1", "[ip 1]:5432 and [ip 2]"),
        ("https://a.example/10.0.0.5", "https://a.example/[ip 1]"),
        ("key 9f8Jd72hKlq0ZxY1mN4bV6cP", "key [key 1]"),
        (f"the key {KEY} works", "the key [key 1] works"),
        ("ses_0af7651916cd43dd8448eb211c80319c", "[key 1]"),
        ("password=2c9a0d1e-7f3b-4d5e-8a9b-0c1d2e3f4a5b", "[key 1]"),
        ("Bearer 0af7651916cd43dd8448eb211c80319c", "[token 1]"),
        ("to ada@example.com, 12 Main Street", "to [email 1], [address 1]"),
    ],
)
def test_what_is_somebodys_is_taken_out_of_technical_texts(text: str, left: str) -> None:
    assert redacted(text, TECHNICAL).text == left


@given(st.uuids())
def test_no_uuid_is_personal(identifier: UUID) -> None:
    text = f"order {identifier} of {identifier.hex}"
    assert "[" not in redacted(str(identifier), TECHNICAL).text
    assert redacted(text, TECHNICAL).text.startswith(f"order {identifier} of ")


def test_invisible_characters_and_compatibility_forms_hide_nothing() -> None:
    assert redacted("ada\u200b@exa\u200bmple.com").text == "[email 1]"
    wide = "".join(chr(ord(each) + 0xFEE0) for each in "ada@example.com")
    assert redacted(wide).text == "[email 1]"
    assert redacted("ig\u202enore\x00 me\nnow").text == "ignore me now"


def test_the_same_value_has_the_same_placeholder_and_the_map_is_not_shown() -> None:
    found = redacted("a@b.de, c@d.de, a@b.de")
    assert found.text == "[email 1], [email 2], [email 1]"
    assert found.originals == {"[email 1]": "a@b.de", "[email 2]": "c@d.de"}
    assert "a@b.de" not in repr(found)


def test_digits_must_add_up() -> None:
    assert is_iban("DE89370400440532013000")
    assert not is_iban("DE88370400440532013000")
    assert is_card("4111111111111111")
    assert not is_card("4111111111111112")
    for text in ("12345678Z", "86095742719", "44051401359", "111222333", "255081416802538"):
        assert is_national_id(text), text
    for text in ("12345678A", "666112222", "RSSMRA85T10A562T"):
        assert not is_national_id(text), text


def test_known_values_are_hidden_wherever_they_are_repeated() -> None:
    values: list[JsonValue] = ["Ada Lovelace", 4711, True, None, ["x"], "no"]
    known = told(values)
    assert without(known, "I am ADA LOVELACE, no 4711") == "I am [personal], no [personal]"
    assert without(known, "Lovelace Ltd") == "[personal] Ltd"
    assert without([], "Ada") == "Ada"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Zoe\u0301", "I am Zo\u00e9"),
        ("\uff21\uff24\uff21", "I am Ada"),
        ("Ad\u200ba", "I am ADA"),
        ("Stra\u00dfe", "I am STRASSE"),
        ("STRASSE", "I am Stra\u00dfe"),
    ],
)
def test_a_known_value_is_hidden_in_whichever_form_of_unicode(value: str, text: str) -> None:
    assert without(told([value]), visible(text)).lower() == "i am [personal]"


@pytest.mark.parametrize("profile", [PROSE, TECHNICAL])
@pytest.mark.parametrize(
    "piece", ["1234 5678 ", "a@b ", "AB12 ", "a", "::", "1.1.1.", "+1 ", "eyJaaaaaaaa.", "x=y"]
)
def test_the_time_grows_with_the_length_and_no_faster(piece: str, profile: Profile) -> None:
    short, long = piece * (8_000 // len(piece)), piece * (64_000 // len(piece))
    assert _seconds(long, profile) < 8 * 6 * max(_seconds(short, profile), 0.002)


def _seconds(text: str, profile: Profile) -> float:
    redacted(text, profile)
    started = time.process_time()
    redacted(text, profile)
    return time.process_time() - started


PIECES = [
    *("4111 1111 1111 1111", "+49 170 1234567", "ada@b.example", "DE89370400440532013000"),
    *("eyJhbGciOiJIUzI1NiJ9.eyJz", "192.168.0.1", "2001:db8::1", "12345678Z", "86095742719"),
    *("token=abc", "sk-proj-12345678", "secret: x", "12 Main Street", "Waldweg 3", "5 rue de X"),
    *(" ", "-", ".", "1", "0", "9", "a", "Z", "@", ":", "/", "ß", "é"),
]


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join))
def test_all_rules_at_once_find_what_each_finds_after_the_other(text: str) -> None:
    assert redacted(text).text == one_after_the_other(text)


def one_after_the_other(text: str) -> str:
    """What is left of a text, by the slow way: every rule over the whole of it."""
    left = text.encode()
    names: dict[bytes, str] = {}
    for rule in RULES:
        kept, end, place = b"", 0, 0
        while match := re.compile(rule.pattern).search(left, place):
            span = rule.span(match.group())
            if span is None:
                place = match.start() + 1 if rule.again else match.end()
                continue
            start, stop = match.start() + span[0], match.start() + span[1]
            number = 1 + sum(name.startswith(f"[{rule.name} ") for name in names.values())
            name = names.setdefault(left[start:stop], f"[{rule.name} {number}]")
            kept, end, place = kept + left[end:start] + name.encode(), stop, stop
        left = kept + left[end:]
    return left.decode()


@given(st.text("0123456789", min_size=13, max_size=19))
def test_a_card_passes_luhns_check(digits: str) -> None:
    doubled = [int(each) * (1 + place % 2) for place, each in enumerate(reversed(digits))]
    total = sum(each - 9 if each > 9 else each for each in doubled)
    assert is_card(digits) == (total % 10 == 0 and digits.strip("0") != "")


@given(st.text(max_size=300))
def test_any_text_can_be_redacted_and_is_then_clean(text: str) -> None:
    found = redacted(text)
    assert not any(value in found.text for value in found.originals.values() if len(value) > 8)
