"""The estimate of tokens, its bounds, and how lines are cut to a budget."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.llm.fitting import Rank, fitted, joined, line
from cairn.llm.tokens import ERROR, at_most, estimate
from tests.flows import ONBOARDING

PROSE = (
    "Cairn decides, for each visitor, what to show next, and proves that it was the right thing.",
    "Unternehmen, die Geschäftsbedingungen prüfen, brauchen länger als kleine Teams.",
    json.dumps(ONBOARDING),
    Path(__file__).read_text(),
)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("step", 1),
        ("show the next step", 4),
        ("hesitation", 2),
        ("1234567", 3),
        ('{"a":"b"}', 5),
        ("a\n\n  b", 3),
        ("für", 3),
        ("好", 2),
    ],
)
def test_the_estimate_follows_words_digits_signs_and_breaks(text: str, tokens: int) -> None:
    assert estimate(text) == tokens


@given(st.text(max_size=200), st.text(max_size=200))
def test_texts_together_take_no_more_than_apart(one: str, two: str) -> None:
    assert estimate(f"{one}\n{two}") <= estimate(one) + estimate(two) + 1
    assert estimate(one) <= len(one.encode(errors="replace"))


def test_the_bound_holds_against_a_real_vocabulary() -> None:
    tiktoken = pytest.importorskip("tiktoken", reason="tiktoken is not installed")
    try:
        vocabulary = tiktoken.get_encoding("o200k_base")
    except OSError:
        pytest.skip("the vocabulary of o200k_base is not at hand")
    for text in PROSE:
        real = len(vocabulary.encode(text))
        assert estimate(text) / 2 <= real <= estimate(text) * (1 + ERROR)


def test_the_least_important_goes_first() -> None:
    lines = [
        line(Rank.OPTIONAL, "optional"),
        line(Rank.ESSENTIAL, "essential"),
        line(Rank.IMPORTANT, "important"),
    ]
    costs = [each.tokens for each in lines]
    assert fitted(lines, sum(costs)) == lines
    assert fitted(lines, costs[1] + costs[2]) == lines[1:]
    assert fitted(lines, costs[1]) == lines[1:2]
    assert fitted(lines, costs[1] - 1) is None


@given(
    st.lists(st.tuples(st.sampled_from(Rank), st.text(max_size=80)), max_size=20),
    st.integers(0, 300),
)
def test_what_is_told_is_within_the_budget(written: list[tuple[Rank, str]], budget: int) -> None:
    told = fitted([line(rank, text) for rank, text in written], budget)
    if told is not None:
        assert at_most(joined(told)) <= budget
        assert len(joined(told).splitlines()) <= max(1, len(told))
