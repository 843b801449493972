"""The forms in which a batch of events may come."""

import pytest

from cairn.events.formats import read_batch
from cairn.events.model import BATCH_BYTES, BATCH_EVENTS
from cairn.platform.errors import InvalidRequest, TooLarge, UnsupportedMediaType

JSON = "application/json"
ONE = "application/cloudevents+json"
MANY = "application/cloudevents-batch+json"


@pytest.mark.parametrize("media_type", [JSON, "text/plain"])
def test_what_stands_beside_the_fields_is_an_attribute(media_type: str) -> None:
    body = b'{"events": [{"id": "a", "field": "vat_id", "attributes": {"n": 1, "no": null}}]}'
    assert read_batch(media_type, body) == [{"id": "a", "attributes": {"n": 1, "field": "vat_id"}}]


def test_a_cloud_event_is_read_by_its_own_names() -> None:
    body = b"""{"specversion": "1.0", "id": "a", "source": "/s", "time": "t", "sessionid": "x",
                "datacontenttype": "application/json", "data": {"kind": "k", "no": null}}"""
    assert read_batch(ONE, body) == [
        {"id": "a", "at": "t", "session_id": "x", "source": "/s", "attributes": {"kind": "k"}}
    ]


def test_what_is_no_event_leaves_its_place_empty() -> None:
    body = b'[{"specversion": "0.3"}, 1, {"specversion": "1.0", "data": "text"}, {"id": "a"}]'
    assert read_batch(MANY, body) == [None, None, None, None]


@pytest.mark.parametrize(
    ("media_type", "body", "pointer"),
    [
        (JSON, b"[]", "/events"),
        (JSON, b'{"events": {}}', "/events"),
        (ONE, b"[]", ""),
        (MANY, b"{}", ""),
    ],
)
def test_another_shape_is_told_where_it_differs(media_type: str, body: bytes, pointer: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_batch(media_type, body)
    assert [each.pointer for each in refused.value.violations] == [pointer]


@pytest.mark.parametrize("body", [b"", b"{", b'{"events": [NaN]}', b"\xff"])
def test_what_is_no_json_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_batch(JSON, body)
    assert refused.value.code == "request.malformed_json"


def test_a_form_that_is_not_read_here_is_refused() -> None:
    with pytest.raises(UnsupportedMediaType):
        read_batch("", b"{}")


def test_a_batch_is_bounded_in_bytes_and_events() -> None:
    most = b'{"events": [' + b",".join([b"{}"] * BATCH_EVENTS) + b"]}"
    assert len(read_batch(JSON, most)) == BATCH_EVENTS
    with pytest.raises(TooLarge, match="500 events"):
        read_batch(JSON, most.replace(b"[", b"[{},"))
    with pytest.raises(TooLarge, match="bytes"):
        read_batch(JSON, b" " * (BATCH_BYTES + 1))
