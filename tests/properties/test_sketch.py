"""What sketches say of numbers: within their stated error, and merged in any order."""

import csv
import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.metrics.sketch import ALPHA, bucket_of, counter_of, quantile, sketch_of, value_of

TRACE = (
    Path(__file__).parents[3] / "shared" / "data" / "llm_trace" / "AzureLLMInferenceTrace_conv.csv"
)
NUMBERS = st.lists(st.just(0.0) | st.floats(1, 1e12), min_size=1)
SHARES = st.floats(0, 1)


def sketch(numbers: Sequence[float]) -> Counter[int]:
    return Counter(bucket_of(number) for number in numbers)


def exact(numbers: Sequence[float], q: float) -> float:
    """The item of rank q(n-1), rounded down, from 0."""
    return sorted(numbers)[math.floor(q * (len(numbers) - 1))]


@given(number=st.floats(1, 1e15))
def test_a_bucket_stands_for_its_numbers_within_the_stated_error(number: float) -> None:
    assert value_of(bucket_of(number)) == pytest.approx(number, rel=ALPHA * (1 + 1e-6))


@given(numbers=NUMBERS, q=SHARES)
def test_a_quantile_is_within_the_stated_error(numbers: list[float], q: float) -> None:
    found = quantile(sketch(numbers), q)
    assert found == pytest.approx(exact(numbers, q), rel=ALPHA * (1 + 1e-6))


@given(data=st.data(), numbers=NUMBERS)
def test_sketches_merge_in_any_order(data: st.DataObject, numbers: list[float]) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(numbers)), max_size=4)))
    parts = [numbers[start:end] for start, end in pairwise([0, *cuts, len(numbers)])]
    merged: Counter[int] = Counter()
    for part in data.draw(st.permutations(parts)):
        merged.update(sketch(part))
    assert merged == sketch(numbers)


@given(number=st.floats(0, 1e15))
def test_a_counter_is_named_after_its_bucket(number: float) -> None:
    assert sketch_of({counter_of(number): 7}) == {bucket_of(number): 7}


def test_nothing_has_no_quantiles() -> None:
    assert quantile({}, 0.5) is None


@pytest.mark.skipif(not TRACE.exists(), reason="the trace of real model calls is not here")
@pytest.mark.parametrize("q", [0.5, 0.95, 0.99])
@pytest.mark.parametrize("column", ["ContextTokens", "GeneratedTokens", "inter-arrival"])
def test_quantiles_of_real_model_calls_are_within_the_stated_error(column: str, q: float) -> None:
    numbers = real(column)
    assert len(numbers) > 19_000
    assert quantile(sketch(numbers), q) == pytest.approx(exact(numbers, q), rel=ALPHA)


def real(column: str) -> list[float]:
    """Token counts as they are, or microseconds from one call to the next."""
    with TRACE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    if column != "inter-arrival":
        return [float(row[column]) for row in rows]
    times = sorted(datetime.fromisoformat(row["TIMESTAMP"]) for row in rows)
    gaps = ((after - before).total_seconds() * 1e6 for before, after in pairwise(times))
    return [max(1.0, gap) for gap in gaps]
