"""OTLP at its bounds: numbers that are none, costs that cannot be kept, bodies of many members."""

import json
import zlib

import pytest

from cairn.platform.errors import InvalidRequest
from cairn.traces import otlp_json
from cairn.traces.encodings import MEMBERS, decoded
from cairn.traces.fragments import cost_usd
from tests.spans import span

HUGE = int("9" * 400)
ARRAY = {"arrayValue": {"values": [{"intValue": HUGE}, {"doubleValue": 1}]}}


def exported(*spans: object) -> bytes:
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()


@pytest.mark.parametrize(
    "told",
    [
        {"events": [{"name": "e", "timeUnixNano": HUGE}]},
        {"events": [{"name": "e", "timeUnixNano": 1e308}]},
        {"events": [{"name": "e", "timeUnixNano": str(1 << 63)}]},
        {"attributes": [{"key": "k", "value": {"intValue": HUGE}}]},
        {"attributes": [{"key": "k", "value": ARRAY}]},
    ],
)
def test_a_number_beyond_64_bits_spoils_its_span_alone(told: dict[str, object]) -> None:
    bad, good = otlp_json.spans_in(exported(told, {"name": "good"}))
    assert bad is None
    assert good is not None


@pytest.mark.parametrize("told", [1e300, -1e-200, -5.0, HUGE, float("inf"), float("nan"), True])
def test_what_is_no_cost_counts_nothing(told: float) -> None:
    bad = span(1, 0, 1, attributes={"cairn.cost_usd": told})
    good = span(2, 0, 1, attributes={"cairn.cost_usd": 0.1 + 1e-12})
    assert cost_usd([bad]) == 0
    assert cost_usd([bad, good]) == 0.1


def test_a_body_has_a_few_members_at_most() -> None:
    member = zlib.compress(b"x")
    assert decoded(member * MEMBERS, "deflate") == b"x" * MEMBERS
    with pytest.raises(InvalidRequest):
        decoded(member * (MEMBERS + 1), "deflate")
