"""What calls of several requests and instances share: breakers, flights, budgets."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from cairn.llm.documents import ModelsDocument
from cairn.llm.flight import Flight, Landed
from cairn.llm.model import Called, ErrorClass, Exceeded, FailureCode, ToolReply
from cairn.platform.shared_state import Change, MemoryState, Put, Read
from tests.calling import ASK, Calling, models
from tests.fakes.model_client import GOOD, Turn, fails
from tests.fakes.ticks import Ticks

DOWN = fails(ErrorClass.TRANSIENT)
BREAKER = {"consecutive": 3, "open_s": 15}


def code_of(called: Called[ToolReply]) -> FailureCode | None:
    return called.failure.code if called.failure else None


def test_failures_in_a_row_open_the_breaker_for_all_instances() -> None:
    ticks = Ticks()
    shared = MemoryState(ticks)
    document = models("a", attempts=1, breaker=BREAKER)
    one = Calling({"a": [DOWN]}, ticks, shared)
    other = Calling({"a": [DOWN]}, ticks, shared)
    for calling in (one, other, one):
        assert code_of(calling.call(document)) is FailureCode.UNAVAILABLE
    for calling in (one, other):
        called = calling.call(document)
        assert code_of(called) is FailureCode.BREAKER
        assert [each.outcome for each in called.attempts] == ["breaker_open"]
    assert len(one.client.asked + other.client.asked) == 3


def test_an_open_breaker_sends_calls_to_the_next_provider_with_all_the_time() -> None:
    calling = Calling({"a": [DOWN], "b": [Turn()]})
    document = models("a", "b", attempts=3, breaker=BREAKER)
    calling.call(document)
    called = calling.call(document, ask=replace(ASK, user="step: two"))
    assert [each.outcome for each in called.attempts] == ["breaker_open", "answered"]
    assert called.provider == "b"


def test_a_success_ends_a_row_of_failures() -> None:
    calling = Calling({"a": [DOWN, DOWN, Turn(), DOWN, DOWN, Turn()]})
    document = models("a", attempts=1, breaker=BREAKER)
    codes = [code_of(calling.call(document, ask=replace(ASK, user=str(n)))) for n in range(6)]
    assert codes.count(FailureCode.BREAKER) == 0


def test_an_error_rate_opens_the_breaker_too_and_old_calls_fall_out_of_the_window() -> None:
    limits = {"consecutive": 1_000, "error_rate": 0.5, "calls": 4, "window_s": 60}
    document = models("a", attempts=1, breaker=limits)

    def after(pause_s: float) -> FailureCode | None:
        calling = Calling({"a": [DOWN, Turn(), DOWN, Turn(), DOWN, Turn()]})
        for number in range(4):
            calling.call(document, ask=replace(ASK, user=str(number)))
        calling.ticks.pass_s(pause_s)
        calling.call(document, ask=replace(ASK, user="5"))
        return code_of(calling.call(document, ask=replace(ASK, user="6")))

    assert after(0) is FailureCode.BREAKER
    assert after(61) is None


def test_an_open_breaker_is_probed_by_one_call_and_closes_when_it_succeeds() -> None:
    calling = Calling({"a": [DOWN, DOWN, DOWN, Turn()]})
    document = models("a", attempts=1, breaker=BREAKER)
    for _ in range(3):
        calling.call(document)
    calling.ticks.pass_s(15.1)
    others: list[FailureCode | None] = []

    def beside() -> None:
        calling.client.meanwhile = lambda: None
        others.append(code_of(calling.call(document, ask=replace(ASK, user="beside"))))

    calling.client.meanwhile = beside
    assert code_of(calling.call(document)) is None
    assert others == [FailureCode.BREAKER]
    assert code_of(calling.call(document, ask=replace(ASK, user="later"))) is None


def test_a_probe_that_fails_opens_the_breaker_again_after_one_attempt() -> None:
    calling = Calling({"a": [DOWN]})
    document = models("a", attempts=3, breaker=BREAKER)
    calling.call(document)
    calling.ticks.pass_s(15.1)
    assert [each.outcome for each in calling.call(document).attempts] == ["http_500"]
    assert code_of(calling.call(document)) is FailureCode.BREAKER


def test_a_breaker_may_ask_for_several_probes() -> None:
    calling = Calling({"a": [DOWN, DOWN, DOWN, Turn(), DOWN, Turn()]})
    document = models("a", attempts=1, breaker={**BREAKER, "probes": 2})
    for _ in range(3):
        calling.call(document)
    calling.ticks.pass_s(15.1)
    asks = [replace(ASK, user=str(number)) for number in range(3)]
    assert [code_of(calling.call(document, ask=each)) for each in asks] == [
        None,
        FailureCode.UNAVAILABLE,
        FailureCode.BREAKER,
    ]


@pytest.mark.parametrize(
    "turn",
    [
        fails(ErrorClass.VALIDATION, "http_400"),
        Turn(replace(GOOD, finish_reason="length")),
        Turn(replace(GOOD, refusal="no")),
    ],
)
def test_a_provider_that_answers_badly_is_not_broken(turn: Turn) -> None:
    calling = Calling({"a": [turn]})
    for _ in range(10):
        assert code_of(calling.call(models("a", breaker=BREAKER))) is not FailureCode.BREAKER


def test_a_timeout_for_want_of_time_is_not_the_providers_fault() -> None:
    calling = Calling({"a": [Turn(takes_ms=5_000)]})
    document = models("a", attempts=1, breaker={**BREAKER, "consecutive": 1})
    for _ in range(3):
        assert code_of(calling.call(document, deadline_ms=150)) is FailureCode.TIMEOUT
    assert code_of(calling.call(document, deadline_ms=1_500)) is FailureCode.TIMEOUT
    assert code_of(calling.call(document)) is FailureCode.BREAKER


def test_a_probe_for_want_of_time_lets_the_next_call_probe() -> None:
    calling = Calling({"a": [DOWN, Turn(takes_ms=400), Turn()]})
    document = models("a", attempts=1, breaker={**BREAKER, "consecutive": 1})
    calling.call(document)
    calling.ticks.pass_s(15.1)
    assert code_of(calling.call(document, deadline_ms=150)) is FailureCode.TIMEOUT
    assert code_of(calling.call(document)) is None


def test_breakers_of_workspaces_are_apart() -> None:
    calling = Calling({"a": [DOWN, DOWN, DOWN, Turn()]})
    document = models("a", attempts=3, breaker=BREAKER)
    calling.call(document)
    other = calling.caller(document, workspace="other")
    assert calling.models.tool(other, ASK).provider == "a"


def test_an_identical_call_takes_what_landed() -> None:
    ticks = Ticks()
    shared = MemoryState(ticks)
    one, other = Calling({"a": [Turn()]}, ticks, shared), Calling({"a": [Turn()]}, ticks, shared)
    assert one.call(models("a")).shared is False
    called = other.call(models("a"))
    assert (called.reply, called.provider, called.shared) == (GOOD, "a", True)
    assert (called.attempts, called.cost_usd, other.client.asked) == ((), 0, [])


class InFlight:
    """A call of which another instance is in the middle."""

    def __init__(self, then: Callable[[Flight], Change]) -> None:
        self.document = models("a")
        ticks = Ticks()
        shared = MemoryState(ticks)
        flight = Flight.of("demo", ASK, list(self.document.providers))
        shared.apply([flight.claim(60_000)])
        self.calling = Calling({"a": [Turn()]}, ticks, shared)

        def paused() -> None:
            shared.apply([then(flight)])

        self.calling.paused = paused


def test_one_who_waits_takes_what_lands() -> None:
    flying = InFlight(lambda flight: flight.land(Landed(GOOD, "b", "m")))
    called = flying.calling.call(flying.document)
    assert (called.reply, called.provider, called.shared) == (GOOD, "b", True)
    assert flying.calling.pauses == [0.02]


def test_one_who_waits_takes_over_when_the_other_gives_up() -> None:
    flying = InFlight(lambda flight: flight.give_up())
    called = flying.calling.call(flying.document)
    assert (called.provider, called.shared) == ("a", False)
    assert flying.calling.call(flying.document).shared is True


def test_one_who_waits_goes_on_alone_when_half_of_its_time_is_over() -> None:
    flying = InFlight(lambda flight: Read(flight.key))
    called = flying.calling.call(flying.document)
    assert (called.provider, called.shared) == ("a", False)
    assert sum(flying.calling.pauses) == pytest.approx(0.74, abs=0.021)


def test_what_is_under_a_claim_and_not_readable_is_waited_out() -> None:
    flying = InFlight(lambda flight: Put(flight.key, b"{}", 60_000))
    assert flying.calling.call(flying.document).provider == "a"


def test_a_call_that_fails_gives_its_claim_up() -> None:
    ticks = Ticks()
    shared = MemoryState(ticks)
    document = models("a", attempts=1)
    one, other = Calling({"a": [DOWN]}, ticks, shared), Calling({"a": [Turn()]}, ticks, shared)
    assert code_of(one.call(document)) is FailureCode.UNAVAILABLE
    assert other.call(document).provider == "a"
    assert other.pauses == []


class Broken(Exception):  # reads as plain words
    """Something that nobody thought of."""


def test_a_call_that_breaks_gives_its_claim_and_its_probe_up_and_is_paid_for() -> None:
    calling = Calling({"a": [DOWN, Turn()], "b": [Turn()]})
    document = models("a", attempts=1, breaker={**BREAKER, "consecutive": 1})
    calling.call(document)
    calling.ticks.pass_s(15.1)

    def breaks() -> None:
        calling.client.meanwhile = lambda: None
        raise Broken

    calling.client.meanwhile = breaks
    assert code_of(calling.call(document)) is FailureCode.UNAVAILABLE
    assert (calling.call(document).provider, calling.pauses) == ("a", [])


def test_what_was_paid_before_a_call_broke_is_charged() -> None:
    calling = Calling({"a": [Turn(replace(GOOD, refusal="no"))], "b": [Turn()]})

    def broken(provider: str) -> None:
        if provider == "b":
            raise Broken

    calling.client.meanwhile = lambda: broken(calling.client.asked[-1][0])
    document = models("a", "b", budgets={"workspace_usd_per_day": 0.0001})
    called = calling.call(document)
    assert (code_of(called), called.cost_usd > 0) == (FailureCode.UNAVAILABLE, True)
    assert spent(calling, document, "later") is not None


def test_what_landed_is_forgotten_soon() -> None:
    calling = Calling({"a": [Turn()]})
    calling.call(models("a"))
    calling.ticks.pass_s(2.1)
    assert calling.call(models("a")).shared is False


def spent(calling: Calling, document: ModelsDocument, user: str, subject: str = "u-42") -> object:
    return calling.call(document, ask=replace(ASK, user=user), subject=subject).exceeded


def test_a_subject_asks_so_often_in_a_minute_and_is_told_once() -> None:
    calling = Calling({"a": [Turn()]})
    document = models("a", budgets={"subject_calls_per_minute": 2})
    told = [spent(calling, document, str(number)) for number in range(4)]
    over = Exceeded("subject_minute_calls", "2026-11-20T10:00", 2, first=True)
    assert told == [None, None, over, replace(over, first=False)]
    assert spent(calling, document, "x", subject="u-43") is None
    calling.ticks.pass_s(60)
    assert spent(calling, document, "y") is None
    assert len(calling.client.asked) == 4


def test_a_subject_asks_so_often_in_a_day() -> None:
    calling = Calling({"a": [Turn()]})
    document = models("a", budgets={"subject_calls_per_minute": 9, "subject_calls_per_day": 1})
    assert spent(calling, document, "1") is None
    calling.ticks.pass_s(3_600)
    assert spent(calling, document, "2") == Exceeded(
        "subject_day_calls", "2026-11-20", 1, first=True
    )
    calling.ticks.pass_s(86_400)
    assert spent(calling, document, "3") is None


def test_a_workspace_spends_so_much_in_a_day_on_all_instances() -> None:
    ticks = Ticks()
    shared = MemoryState(ticks)
    document = models("a", budgets={"workspace_usd_per_day": 0.0003})
    one, other = Calling({"a": [Turn()]}, ticks, shared), Calling({"a": [Turn()]}, ticks, shared)
    assert [spent(each, document, str(n)) for n, each in enumerate((one, other))] == [None, None]
    called = one.call(document, ask=replace(ASK, user="x"))
    assert code_of(called) is FailureCode.BUDGET
    assert called.exceeded == Exceeded("workspace_day_usd", "2026-11-20", 0.0003, first=True)
    assert spent(other, document, "y") == replace(called.exceeded, first=False)


def test_a_budget_of_nothing_asks_nobody_and_leaves_no_claim_behind() -> None:
    ticks = Ticks()
    shared = MemoryState(ticks)
    calling = Calling({"a": [Turn()]}, ticks, shared)
    assert code_of(calling.call(models("a", budgets={"workspace_usd_per_day": 0}))) is (
        FailureCode.BUDGET
    )
    assert calling.client.asked == []
    assert calling.call(models("a")).provider == "a"
    assert calling.pauses == []
