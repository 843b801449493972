"""The forms in which a batch of events may come."""

from datetime import UTC, datetime

import pytest

from cairn.events.formats import Batch, read_batch
from cairn.events.model import BATCH_BYTES, BATCH_EVENTS
from cairn.events.raw import Misshapen
from cairn.platform.errors import CairnError, InvalidRequest, TooLarge, UnsupportedMediaType

JSON = "application/json"
ONE = "application/cloudevents+json"
MANY = "application/cloudevents-batch+json"
SENT = datetime(2026, 11, 20, 10, tzinfo=UTC)


def read(media_type: str, body: bytes, **headers: str) -> Batch:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return read_batch({"content-type": media_type, **named}, body)


def refused(media_type: str, body: bytes, **headers: str) -> CairnError:
    with pytest.raises(CairnError) as caught:
        read(media_type, body, **headers)
    return caught.value


@pytest.mark.parametrize("media_type", [JSON, "text/plain", "text/plain;charset=UTF-8"])
def test_what_stands_beside_the_fields_is_an_attribute(media_type: str) -> None:
    body = b'{"events": [{"id": "a", "field": "vat_id", "attributes": {"n": 1, "no": null}}]}'
    found = read(media_type, body).events
    assert found == [{"id": "a", "attributes": {"n": 1, "field": "vat_id"}}]


def test_a_cloud_event_is_read_by_its_own_names() -> None:
    body = b"""{"specversion": "1.0", "id": "a", "source": "/s", "time": "t", "sessionid": "x",
                "datacontenttype": "application/json", "data": {"kind": "k", "no": null}}"""
    assert read(ONE, body).events == [
        {"id": "a", "at": "t", "session_id": "x", "source": "/s", "attributes": {"kind": "k"}}
    ]


def test_a_cloud_event_in_binary_mode_is_the_same_event() -> None:
    headers = {
        "ce_specversion": "1.0",
        "ce_id": "a",
        "ce_source": "/caf%C3%A9",
        "ce_time": "t",
        "ce_sessionid": "x",
        "ce_sentat": "2026-11-20T10:00:00Z",
    }
    batch = read("application/json", b'{"kind": "k"}', **headers)
    event = {"id": "a", "at": "t", "session_id": "x", "source": "/caf\u00e9"}
    assert batch == Batch([{**event, "attributes": {"kind": "k"}}], SENT)
    without_data = read_batch({"ce-specversion": "1.0", "ce-id": "a"}, b"")
    assert without_data.events == [{"id": "a", "attributes": {}}]


@pytest.mark.parametrize(
    ("event", "detail"),
    [
        (b'{"specversion": "0.3"}', "not a CloudEvent of version 1.0"),
        (b'{"id": "a"}', "not a CloudEvent of version 1.0"),
        (b"1", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b'{"specversion": "1.0", "data": "text"}', "data must be an object"),
        (b'{"specversion": "1.0", "data_base64": "eA=="}', "must be JSON"),
        (b'{"specversion": "1.0", "id": "a", "id": "b"}', "twice"),
        (b'{"specversion": "1.0", "data": {"a": 1, "a": 2}}', "twice"),
    ],
)
def test_what_is_no_event_is_told_in_its_place(event: bytes, detail: str) -> None:
    good = b'{"specversion": "1.0", "id": "a"}'
    first, found, last = read(MANY, b"[" + b",".join([good, event, good]) + b"]").events
    assert first == last == {"id": "a", "attributes": {}}
    assert isinstance(found, Misshapen)
    assert detail in found.detail


@pytest.mark.parametrize(
    ("event", "detail"),
    [
        (b'{"attributes": ["kind"]}', "must be an object"),
        (b'{"kind": "x", "attributes": {"kind": "y"}}', "both beside"),
        (b'{"id": "a", "id": "a"}', "twice"),
        (b'{"attributes": {"kind": "x", "kind": "x"}}', "twice"),
    ],
)
def test_a_plain_event_says_what_it_is_once(event: bytes, detail: str) -> None:
    (found,) = read(JSON, b'{"events": [' + event + b"]}").events
    assert isinstance(found, Misshapen)
    assert detail in found.detail


@pytest.mark.parametrize(
    ("media_type", "body", "headers"),
    [
        (JSON, b'{"events": [], "sent_at": "2026-11-20T11:00:00+01:00"}', {}),
        ("text/plain", b'{"events": [], "sent_at": "2026-11-20T10:00:00Z"}', {}),
        (JSON, b'{"events": []}', {"cairn_sent_at": "2026-11-20T10:00:00Z"}),
        (MANY, b"[]", {"cairn_sent_at": "2026-11-20T10:00:00Z"}),
        (ONE, b'{"sentat": "2026-11-20T10:00:00Z"}', {"cairn_sent_at": "2026-11-20T12:00:00Z"}),
        (MANY, b'[1, {}, {"sentat": "2026-11-20T10:00:00Z"}, {"sentat": "never"}]', {}),
    ],
)
def test_a_batch_may_say_when_it_was_sent(
    media_type: str, body: bytes, headers: dict[str, str]
) -> None:
    assert read(media_type, body, **headers).sent_at == SENT


def test_a_batch_need_not_say_when_it_was_sent() -> None:
    assert read(JSON, b'{"events": [], "sent_at": null}').sent_at is None
    assert read(MANY, b"[{}]").sent_at is None


@pytest.mark.parametrize(
    ("media_type", "body", "headers", "pointer"),
    [
        (JSON, b'{"events": [], "sent_at": 1795168800}', {}, "/sent_at"),
        (JSON, b'{"events": [], "sent_at": "2026-11-20T10:00:00"}', {}, "/sent_at"),
        (ONE, b'{"sentat": "today"}', {}, "/sentat"),
        (MANY, b'[{}, {"sentat": {}}]', {}, "/1/sentat"),
        (JSON, b'{"events": []}', {"cairn_sent_at": "0001-01-01T00:00:00+10:00"}, ""),
    ],
)
def test_when_it_was_sent_is_a_time(
    media_type: str, body: bytes, headers: dict[str, str], pointer: str
) -> None:
    error = refused(media_type, body, **headers)
    assert (error.code, [each.pointer for each in error.violations]) == (
        "request.invalid",
        [pointer],
    )


@pytest.mark.parametrize(
    ("media_type", "body", "pointer"),
    [
        (JSON, b"[]", "/events"),
        (JSON, b'{"events": {}}', "/events"),
        (JSON, b'{"events": [], "events": []}', "/events"),
        (ONE, b"[]", ""),
        (MANY, b"{}", ""),
    ],
)
def test_another_shape_is_told_where_it_differs(media_type: str, body: bytes, pointer: str) -> None:
    error = refused(media_type, body)
    assert isinstance(error, InvalidRequest)
    assert [each.pointer for each in error.violations] == [pointer]


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"events": [NaN]}', "not JSON"),
        (b'{"events": [-Infinity]}', "not JSON"),
        (b'{"events": []} x', "not JSON"),
        (b"[" * 500_000, "nested too deeply"),
        (b"\xff", "not UTF-8"),
        ('{"events": []}'.encode("utf-16"), "not UTF-8"),
        (b'{"events": [{"id": "\xed\xa0\x80"}]}', "not UTF-8"),
    ],
)
def test_what_is_no_json_is_said_to_be_none(body: bytes, detail: str) -> None:
    error = refused(JSON, body)
    assert error.code == "request.malformed_json"
    assert detail in error.detail


@pytest.mark.parametrize("body", [b'{"events": []}', b'{"events": [], "app": "shop"}'])
def test_an_empty_batch_is_a_batch(body: bytes) -> None:
    assert read(JSON, body) == Batch([])


@pytest.mark.parametrize(
    ("media_type", "code"),
    [
        ("", "request.media_type_unsupported"),
        ("application/xml", "request.media_type_unsupported"),
        ("application/json; charset=iso-8859-1", "request.charset_unsupported"),
        ('text/plain; format=flowed; charset="utf-16"', "request.charset_unsupported"),
    ],
)
def test_a_form_that_is_not_read_here_is_refused(media_type: str, code: str) -> None:
    error = refused(media_type, b'{"events": []}')
    assert isinstance(error, UnsupportedMediaType)
    assert error.code == code


def test_a_batch_is_bounded_in_bytes_and_events() -> None:
    most = b'{"events": [' + b",".join([b"{}"] * BATCH_EVENTS) + b"]}"
    assert len(read(JSON, most).events) == BATCH_EVENTS
    with pytest.raises(TooLarge, match="500 events"):
        read(JSON, most.replace(b"[", b"[{},"))
    with pytest.raises(TooLarge, match="bytes"):
        read(JSON, b" " * (BATCH_BYTES + 1))
