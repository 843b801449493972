"""One call: attempts, failover, deadline, faults of answers, ledger."""

from dataclasses import replace

import pytest

from cairn.llm.documents import ModelsDocument
from cairn.llm.model import (
    ChoiceAsk,
    ChoiceReply,
    ErrorClass,
    FailureCode,
    ToolReply,
    Usage,
)
from cairn.platform.shared_state import MemoryState
from tests.calling import RESERVE_MS, Calling, models
from tests.fakes.model_client import GOOD, USED, Turn, fails


def outcomes(calling: Calling, document: ModelsDocument) -> list[str]:
    return [each.outcome for each in calling.call(document).attempts]


def test_an_answer_comes_with_its_provider_tokens_and_cost() -> None:
    called = Calling({"a": [Turn()]}).call(models("a", "b"))
    assert (called.reply, called.failure) == (GOOD, None)
    assert (called.provider, called.model, called.shared) == ("a", "m", False)
    assert called.usage == USED
    assert called.cost_usd == pytest.approx((100 * 1 + 50 * 0.1 + 25 * 4) / 1e6)
    assert [each.took_ms for each in called.attempts] == [pytest.approx(100)]


def test_a_stumble_is_repeated_after_a_jittered_wait() -> None:
    calling = Calling({"a": [fails(ErrorClass.TRANSIENT), Turn()]})
    assert outcomes(calling, models("a")) == ["http_500", "answered"]
    assert calling.pauses == [0.025]


def test_a_provider_is_asked_no_more_often_than_configured() -> None:
    calling = Calling({"a": [fails(ErrorClass.TRANSIENT)], "b": [Turn()]})
    assert outcomes(calling, models("a", "b", attempts=3)) == ["http_500"] * 3 + ["answered"]


@pytest.mark.parametrize(
    "error_class",
    [
        ErrorClass.AUTHENTICATION,
        ErrorClass.PERMANENT,
        ErrorClass.VALIDATION,
        ErrorClass.RATE_LIMIT,
        ErrorClass.OVERLOADED,
    ],
)
def test_what_waiting_does_not_help_goes_on_to_the_next_provider_at_once(
    error_class: ErrorClass,
) -> None:
    calling = Calling({"a": [fails(error_class)], "b": [Turn()]})
    assert calling.call(models("a", "b")).provider == "b"
    assert calling.pauses == []


def test_retry_after_is_honored_where_there_is_time_for_it() -> None:
    limited = fails(ErrorClass.RATE_LIMIT, "http_429", retry_after_ms=300)
    calling = Calling({"a": [limited, Turn()]})
    assert outcomes(calling, models("a")) == ["http_429", "answered"]
    assert calling.pauses == [pytest.approx(0.325)]


def test_nobody_waits_for_a_retry_after_beyond_the_deadline() -> None:
    limited = fails(ErrorClass.RATE_LIMIT, "http_429", retry_after_ms=5_000)
    calling = Calling({"a": [limited]})
    called = calling.call(models("a"))
    assert called.failure is not None
    assert called.failure.code is FailureCode.UNAVAILABLE
    assert calling.pauses == []


def test_a_slow_provider_leaves_time_for_the_next() -> None:
    calling = Calling({"a": [Turn(takes_ms=9_000)], "b": [Turn(takes_ms=400)]})
    called = calling.call(models("a", "b"))
    assert [each.outcome for each in called.attempts] == ["timeout", "answered"]
    assert [given for _, given in calling.client.asked] == [
        pytest.approx(888),
        pytest.approx(592),
    ]


def test_a_hanging_provider_ends_before_the_reserve_with_a_timeout() -> None:
    calling = Calling({"a": [Turn(takes_ms=9_000)]})
    deadline_s = calling.ticks() + 1.5
    called = calling.call(models("a"))
    assert called.failure is not None
    assert called.failure.code is FailureCode.TIMEOUT
    assert calling.ticks() <= deadline_s - RESERVE_MS / 1000


def test_without_time_nobody_is_asked() -> None:
    calling = Calling({"a": [Turn()]})
    called = calling.call(models("a"), deadline_ms=30)
    assert called.failure is not None
    assert (called.failure.code, called.attempts) == (FailureCode.TIMEOUT, ())


def test_a_useless_answer_is_lost_and_the_next_provider_is_asked() -> None:
    wrong = Turn(replace(GOOD, name="other"))
    calling = Calling({"a": [wrong], "b": [Turn()]})
    called = calling.call(
        models("a", "b"),
        fault_of=lambda reply: None if reply.name == "propose_next_step" else "wrong_tool",
    )
    assert [each.outcome for each in called.attempts] == ["wrong_tool", "answered"]
    assert called.attempts[0].error_class is ErrorClass.VALIDATION
    assert called.usage == replace(USED, lost=USED.total)


@pytest.mark.parametrize(
    ("reply", "code", "error_class"),
    [
        (replace(GOOD, finish_reason="length"), "llm_invalid_output", ErrorClass.TRUNCATED),
        (replace(GOOD, refusal="I can't."), "llm_refused", ErrorClass.REFUSAL),
        (replace(GOOD, finish_reason="content_filter"), "llm_refused", ErrorClass.REFUSAL),
    ],
)
def test_a_cut_or_refused_answer_is_never_a_success(
    reply: ToolReply, code: str, error_class: ErrorClass
) -> None:
    called = Calling({"a": [Turn(reply)]}).call(models("a"))
    assert called.failure is not None
    assert called.failure.code == code
    assert called.attempts[0].error_class is error_class
    assert (called.reply, called.provider) == (reply, None)
    assert called.usage == Usage(lost=USED.total)


def test_usage_that_is_missing_is_estimated_and_marked() -> None:
    called = Calling({"a": [Turn(usage=None)]}).call(models("a"))
    assert called.usage.estimated
    assert called.usage.total > 0
    assert called.cost_usd > 0


def test_a_choice_asks_those_who_can_decide() -> None:
    chances = ChoiceReply({"company": 0.8, "none of these": 0.2})
    document = models("a", "d")
    decides = document.providers[1].model_copy(update={"capabilities": ("decisions",)})
    calling = Calling({"d": [Turn(chances)]})
    called = calling.models.choice(
        calling.caller(document.model_copy(update={"providers": (document.providers[0], decides)})),
        ChoiceAsk("context", "Which step?", ("company", "none of these")),
    )
    assert (called.reply, called.provider) == (chances, "d")


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (ChoiceReply({}, "refused"), "llm_refused"),
        (ChoiceReply({"company": 0.5, "elsewhere": 0.5}), "llm_invalid_output"),
        (ChoiceReply({"company": 1.5, "none of these": -0.5}), "llm_invalid_output"),
        (ChoiceReply({"company": 1.0, "none of these": 1.0}), "llm_invalid_output"),
        (ChoiceReply({"company": 0.5, "none of these": 0.4}), "llm_invalid_output"),
        (
            ChoiceReply({"company": 1, "none of these": 0}, None, "duplicate_key"),
            "llm_invalid_output",
        ),
    ],
)
def test_a_choice_outside_of_its_options_is_never_a_success(reply: ChoiceReply, code: str) -> None:
    document = models("d")
    decides = document.providers[0].model_copy(update={"capabilities": ("decisions",)})
    calling = Calling({"d": [Turn(reply)]})
    called = calling.models.choice(
        calling.caller(document.model_copy(update={"providers": (decides,)})),
        ChoiceAsk("context", "Which step?", ("company", "none of these")),
    )
    assert called.failure is not None
    assert called.failure.code == code


def test_whatever_breaks_in_a_call_it_says_that_no_model_could_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(_: ToolReply) -> str:
        raise ZeroDivisionError("tell-nobody")

    calling = Calling({"a": [Turn()]})
    called = calling.call(models("a"), fault_of=broken)
    assert called.failure is not None
    assert (called.reply, called.failure.code) == (None, FailureCode.UNAVAILABLE)
    assert "ZeroDivisionError at test_llm_calling.py" in caplog.text
    assert "tell-nobody" not in caplog.text


def test_an_answer_is_not_lost_when_what_comes_after_it_breaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calling = Calling({"a": [Turn()]}, shared=MemoryState())

    def breaks() -> None:
        monkeypatch.setattr(MemoryState, "apply", lambda *_: 1 / 0)

    calling.client.meanwhile = breaks
    called = calling.call(models("a"))
    assert (called.reply, called.failure, called.provider) == (GOOD, None, "a")
