"""Whatever providers do: deadlines hold, tokens add up, breakers and budgets keep their word."""

from dataclasses import replace
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from cairn.llm.backoff import allowance_ms, wait_ms
from cairn.llm.classify import retry_after_ms
from cairn.llm.documents import Backoff
from cairn.llm.ledger import Reported, buckets
from cairn.llm.model import ErrorClass, Usage
from cairn.platform.shared_state import MemoryState
from tests.calling import ASK, RESERVE_MS, START, Calling, models
from tests.fakes.model_client import GOOD, Turn, fails
from tests.fakes.ticks import Ticks

PROVIDERS: Final = ("a", "b", "c")
SECRET: Final = "ada@example.org"

tokens = st.integers(0, 10_000)
usages = st.none() | st.builds(
    Usage, uncached=tokens, cached=tokens, written=tokens, output=tokens, reasoning=tokens
)
answers = st.builds(
    Turn,
    said=st.sampled_from([GOOD, replace(GOOD, finish_reason="length"), replace(GOOD, name="no")]),
    takes_ms=st.floats(0, 3_000),
    usage=usages,
)
failures = st.builds(
    fails,
    st.sampled_from(list(ErrorClass)),
    takes_ms=st.floats(0, 3_000),
    retry_after_ms=st.none() | st.floats(0, 5_000),
)
scripts = st.fixed_dictionaries(
    {each: st.lists(answers | failures, min_size=1, max_size=5) for each in PROVIDERS}
)


@st.composite
def documents(draw: Any) -> Any:  # noqa: ANN401  # Hypothesis' own draw
    """Models with any number of providers, attempts and waits."""
    return models(
        *PROVIDERS[: draw(st.integers(1, 3))],
        attempts=draw(st.integers(1, 5)),
        backoff={"base_ms": draw(st.integers(0, 500)), "cap_ms": draw(st.integers(0, 2_000))},
        breaker={"consecutive": draw(st.integers(1, 5)), "open_s": draw(st.integers(1, 5))},
    )


@given(script=scripts, document=documents(), deadline_ms=st.floats(0, 3_000))
def test_a_call_ends_before_its_reserve_and_its_tokens_add_up(
    script: dict[str, list[Turn]],
    document: Any,  # noqa: ANN401  # as Hypothesis draws it
    deadline_ms: float,
) -> None:
    calling = Calling(script)
    began = calling.ticks()
    called = calling.call(
        document,
        deadline_ms=deadline_ms,
        fault_of=lambda reply: None if reply.name == GOOD.name else "wrong_tool",
    )
    assert calling.ticks() - began <= max(0, deadline_ms - RESERVE_MS) / 1000 + 1e-6
    assert (called.failure is None) == (called.provider is not None)
    assert called.failure is not None or called.reply == GOOD
    assert called.usage.total == sum(each.usage.total for each in called.attempts)
    assert len(calling.client.asked) == len(
        [each for each in called.attempts if each.outcome != "breaker_open"]
    )
    assert len(called.attempts) <= document.attempts * len(document.providers)


@given(
    st.builds(
        Reported,
        input=tokens,
        output=tokens,
        cached=tokens,
        written=tokens,
        reasoning=tokens,
        total=st.none() | tokens,
    )
)
def test_buckets_are_disjoint_and_together_what_was_reported(reported: Reported) -> None:
    usage = buckets(reported)
    assert usage.input_tokens == reported.input
    outside = reported.total == reported.input + reported.output + reported.reasoning
    assert usage.output_tokens == reported.output + (reported.reasoning if outside else 0)
    parts = (usage.uncached, usage.cached, usage.written, usage.output, usage.reasoning)
    assert min(parts) >= 0


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.integers(1, 6))
def test_a_provider_is_never_asked_more_often_in_a_row_than_its_breaker_allows(
    works: list[bool], consecutive: int
) -> None:
    turns = [Turn() if each else fails(ErrorClass.TRANSIENT) for each in works]
    calling = Calling({"a": [*turns, fails(ErrorClass.TRANSIENT)]})
    document = models("a", attempts=1, breaker={"consecutive": consecutive, "calls": 10_000})
    streak = 0
    for number in range(len(works) + consecutive + 1):
        asked = len(calling.client.asked)
        called = calling.call(document, ask=replace(ASK, user=str(number)))
        assert (len(calling.client.asked) == asked) == (streak >= consecutive)
        streak = 0 if called.failure is None else streak + 1


@given(st.integers(0, 10), st.integers(0, 30))
def test_a_subject_never_asks_more_often_than_it_may(limit: int, asks: int) -> None:
    calling = Calling({"a": [Turn()]})
    document = models("a", budgets={"subject_calls_per_day": limit})
    called = [calling.call(document, ask=replace(ASK, user=str(n))) for n in range(asks)]
    assert len(calling.client.asked) == min(limit, asks)
    assert sum(each.exceeded is not None and each.exceeded.first for each in called) == (
        1 if asks > limit else 0
    )


@given(st.integers(0, 60_000), st.integers(0, 60_000), st.integers(1, 5), st.floats(0, 0.999))
def test_a_wait_is_never_beyond_its_cap(base: int, cap: int, made: int, chance: float) -> None:
    assert 0 <= wait_ms(Backoff(base_ms=base, cap_ms=cap), made, None, lambda: chance) <= cap


@given(
    st.text()
    | st.builds(
        "Mon, {} {} {} {}:{}:{} {:+}".format,
        st.integers(),
        st.sampled_from(["Jan", "Feb", "1"]),
        *[st.integers()] * 5,
    )
)
def test_whatever_a_provider_asks_for_a_wait_is_no_error(said: str) -> None:
    asked_ms = retry_after_ms({"retry-after": said, "retry-after-ms": said}, START)
    assert asked_ms is None or asked_ms >= 0


@given(st.floats(0, 10_000), st.integers(0, 7), st.none() | st.integers(20, 60_000))
def test_an_attempt_never_gets_more_than_is_left(
    left: float, behind: int, patience: int | None
) -> None:
    assert 0 <= allowance_ms(left, behind=behind, patience_ms=patience) <= left


@given(scripts)
def test_no_key_names_a_subject_or_says_what_was_asked(script: dict[str, list[Turn]]) -> None:
    ticks = Ticks()
    shared = MemoryState(ticks)
    budgets = {"workspace_usd_per_day": 1, "subject_calls_per_minute": 2}
    calling = Calling(script, ticks, shared)
    for _ in range(3):
        calling.call(
            models("a", "b", budgets=budgets), ask=replace(ASK, user=SECRET), subject=SECRET
        )
    keys = shared._kept  # noqa: SLF001  # what a process holds is the point
    assert keys
    assert all(key.startswith("{demo}:") and SECRET not in key for key in keys)
