"""The pure rules of model calls: classes, waits, prices, ledger, documents."""

from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from cairn.llm.backoff import Again, after, allowance_ms, wait_ms
from cairn.llm.classify import blames_provider, class_of, failure_of, of_status, retry_after_ms
from cairn.llm.client import AttemptFailed
from cairn.llm.documents import Backoff, ModelsDocument, Prices, Provider
from cairn.llm.ledger import Reported, balance, buckets, estimated, rough
from cairn.llm.model import (
    Attempted,
    ChoiceAsk,
    ErrorClass,
    FailureCode,
    ToolAsk,
    ToolReply,
    ToolSchema,
    Usage,
)
from cairn.llm.prices import cost_usd, holding

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, ErrorClass.VALIDATION),
        (401, ErrorClass.AUTHENTICATION),
        (403, ErrorClass.AUTHENTICATION),
        (404, ErrorClass.PERMANENT),
        (408, ErrorClass.TRANSIENT),
        (413, ErrorClass.VALIDATION),
        (422, ErrorClass.VALIDATION),
        (429, ErrorClass.RATE_LIMIT),
        (500, ErrorClass.TRANSIENT),
        (502, ErrorClass.TRANSIENT),
        (503, ErrorClass.OVERLOADED),
        (529, ErrorClass.OVERLOADED),
    ],
)
def test_a_status_has_a_class(status: int, expected: ErrorClass) -> None:
    assert class_of(status) is expected


def test_a_429_for_lack_of_credit_is_permanent() -> None:
    failed = of_status(429, {"retry-after": "1"}, "insufficient_quota", NOW)
    assert (failed.error_class, failed.retry_after_ms) == (ErrorClass.PERMANENT, None)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2_000),
        ({"retry-after": "0.25"}, 250),
        ({"retry-after": "Fri, 20 Nov 2026 10:00:03 GMT"}, 3_000),
        ({"retry-after": "Fri, 20 Nov 2026 09:00:00 GMT"}, 0),
        ({"retry-after-ms": "120", "retry-after": "9"}, 120),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"}, None),
        ({"retry-after": "Mon, 01 Jan 2030 00:00:00 +99999999999999999999"}, None),
        ({"retry-after": "Mon, 01 Jan 0001 00:00:00 +2359"}, 0),
    ],
)
def test_a_provider_says_how_long_it_wants_to_be_left_alone(
    headers: dict[str, str], expected: float | None
) -> None:
    assert retry_after_ms(headers, NOW) == expected


def test_a_timeout_blames_a_provider_only_after_a_fair_time() -> None:
    assert blames_provider(ErrorClass.TIMEOUT, 1_000)
    assert not blames_provider(ErrorClass.TIMEOUT, 50)
    assert not blames_provider(ErrorClass.REFUSAL, 1_000)
    assert not blames_provider(None, 1_000)


@pytest.mark.parametrize(
    ("outcome", "error_class", "code"),
    [
        ("timeout", ErrorClass.TIMEOUT, FailureCode.TIMEOUT),
        ("refused", ErrorClass.REFUSAL, FailureCode.REFUSED),
        ("truncated", ErrorClass.TRUNCATED, FailureCode.INVALID_OUTPUT),
        ("wrong_tool", ErrorClass.VALIDATION, FailureCode.INVALID_OUTPUT),
        ("unreadable", ErrorClass.TRANSIENT, FailureCode.INVALID_OUTPUT),
        ("http_400", ErrorClass.VALIDATION, FailureCode.UNAVAILABLE),
        ("http_429", ErrorClass.RATE_LIMIT, FailureCode.UNAVAILABLE),
        ("no_connection", ErrorClass.TRANSIENT, FailureCode.UNAVAILABLE),
        ("no_key", ErrorClass.AUTHENTICATION, FailureCode.UNAVAILABLE),
    ],
)
def test_a_call_is_called_by_its_last_attempt(
    outcome: str, error_class: ErrorClass, code: FailureCode
) -> None:
    first = Attempted("a", "m", "timeout", ErrorClass.TIMEOUT, 1.0)
    assert failure_of([first, Attempted("b", "m", outcome, error_class, 1.0)]).code is code


def test_nobody_was_asked_because_of_breakers_or_time() -> None:
    skipped = Attempted("a", "m", "breaker_open", None, 0.0)
    assert failure_of([skipped]).code is FailureCode.BREAKER
    assert failure_of([]).code is FailureCode.TIMEOUT


def test_jitter_grows_to_its_cap_and_comes_on_top_of_what_was_asked_for() -> None:
    backoff = Backoff(base_ms=100, cap_ms=300)
    assert [wait_ms(backoff, made, None, lambda: 0.5) for made in (1, 2, 3, 9)] == [
        50,
        100,
        150,
        150,
    ]
    assert wait_ms(backoff, 1, 1_000.0, lambda: 0.5) == 1_050


def test_an_attempt_leaves_time_for_those_behind() -> None:
    assert allowance_ms(1_000, behind=0, patience_ms=200) == 1_000
    assert allowance_ms(1_000, behind=1, patience_ms=None) == 600
    assert allowance_ms(1_000, behind=2, patience_ms=200) == 200
    assert allowance_ms(100, behind=2, patience_ms=200) == 100


def test_only_what_may_pass_is_repeated_in_time_and_not_while_another_has_room() -> None:
    stumbled = AttemptFailed(ErrorClass.TRANSIENT, "http_500")
    crowded = AttemptFailed(ErrorClass.RATE_LIMIT, "http_429")
    broken = AttemptFailed(ErrorClass.PERMANENT, "http_404")
    assert after(stumbled, 50, repeats=True, left_ms=500, behind=1) == Again(50)
    assert after(crowded, 50, repeats=True, left_ms=500, behind=0) == Again(50)
    assert after(crowded, 50, repeats=True, left_ms=500, behind=1) == "next"
    assert after(broken, 50, repeats=True, left_ms=500, behind=0) == "next"
    assert after(stumbled, 490, repeats=True, left_ms=500, behind=0) == "next"
    assert after(stumbled, 50, repeats=False, left_ms=500, behind=0) == "next"


def price(since: str, uncached: float) -> Prices:
    return Prices.model_validate(
        {"from": since, "uncached": uncached, "cached": 0.1, "written": 1.25, "output": 4}
    )


def test_the_latest_price_that_has_begun_holds_and_the_earliest_before_any() -> None:
    prices = [price("2026-06-01", 2), price("2026-01-01", 1), price("2027-01-01", 3)]
    for day, expected in ((date(2026, 11, 20), 2), (date(2026, 1, 1), 1), (date(2025, 1, 1), 1)):
        held = holding(prices, day)
        assert held is not None
        assert held.uncached == expected
    assert holding([], date(2026, 1, 1)) is None


def test_each_bucket_has_its_price_and_thinking_is_paid_like_output() -> None:
    usage = Usage(uncached=1_000, cached=1_000, written=1_000, output=500, reasoning=500)
    assert cost_usd(usage, price("2026-01-01", 1)) == pytest.approx(0.00635)
    assert cost_usd(usage, None) == 0


def test_cached_and_reasoning_stand_inside_what_is_reported() -> None:
    reported = Reported(input=100, output=50, cached=60, written=10, reasoning=20, total=150)
    assert buckets(reported) == Usage(uncached=30, cached=60, written=10, output=30, reasoning=20)


def test_reasoning_that_is_reported_outside_of_output_is_added() -> None:
    reported = Reported(input=100, output=50, reasoning=20, total=170)
    assert buckets(reported) == Usage(uncached=100, output=50, reasoning=20)


def test_parts_larger_than_their_whole_are_cut() -> None:
    reported = Reported(input=10, output=5, cached=20, written=20, reasoning=9)
    assert buckets(reported) == Usage(cached=10, reasoning=5)


def test_unused_attempts_are_lost_but_paid() -> None:
    used = Attempted("b", "m", "answered", None, 1.0, Usage(uncached=7, output=3), 0.2)
    unused = Attempted(
        "a", "m", "truncated", ErrorClass.TRUNCATED, 1.0, Usage(cached=5, reasoning=4), 0.1
    )
    usage, cost = balance([unused, used])
    assert usage == Usage(uncached=7, output=3, lost=9)
    assert (usage.input_tokens, usage.output_tokens, usage.total) == (7, 3, 19)
    assert cost == pytest.approx(0.3)


def test_what_is_not_reported_is_estimated_and_marked() -> None:
    ask = ToolAsk("s" * 40, "ü" * 20, ToolSchema("t", "", {}), 100)
    usage = estimated(ask, ToolReply("x" * 9, "t", "stop", calls=1), rough)
    assert usage.estimated
    assert (usage.uncached, usage.output) == (22, 3)
    assert estimated(ChoiceAsk("abcd", "efgh", ("a", "b")), None, rough).output == 0


def document(**provider: object) -> ModelsDocument:
    written = {"id": "a", "base_url": "https://models.example/v1", "model": "m", **provider}
    return ModelsDocument.model_validate({"providers": [written]})


@pytest.mark.parametrize(
    "url",
    [
        "http://models.example/v1",
        "https://user:secret@models.example/v1",
        "https://models.example/v1?key=x",
        "https:///v1",
        "ftp://127.0.0.1/v1",
        "https://models.example/ v1",
    ],
)
def test_an_address_is_https_without_credentials(url: str) -> None:
    with pytest.raises(ValidationError, match="address"):
        document(base_url=url)


def test_http_is_for_ones_own_machine() -> None:
    assert document(base_url="http://127.0.0.1:8080/v1/").providers[0].base_url == (
        "http://127.0.0.1:8080/v1"
    )


def test_two_prices_do_not_begin_on_one_day() -> None:
    same = price("2026-01-01", 1).model_dump(mode="json")
    with pytest.raises(ValidationError, match="same day"):
        document(prices=[same, same])


def test_two_providers_do_not_share_an_id() -> None:
    one = document().providers[0]
    with pytest.raises(ValidationError, match="same id"):
        ModelsDocument(providers=(one, one))


def test_providers_are_found_by_what_they_can_do() -> None:
    tools = document().providers[0]
    decides = Provider(id="d", base_url="https://d.example", model="m", capabilities=("decisions",))
    both = ModelsDocument(providers=(tools, decides))
    assert both.offering("decisions") == [decides]
    assert document().offering("decisions") == []
