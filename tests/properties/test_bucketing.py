"""Laws of bucketing."""

from hypothesis import given
from hypothesis import strategies as st

from cairn.flags.bucketing import bucket, bucket_ranges, choose
from cairn.flags.fnv import OFFSET, PRIME, UINT32, fnv1a32, of_decimal

TEXTS = st.text("abc-_09é\u20ac\U0001f600\ud800", max_size=40)
FRACTIONS = st.floats(0, 1)
POSITIONS = st.integers(0, 9_999).map(lambda tenth: tenth / 10_000)
WEIGHTS = st.lists(st.integers(1, 9), min_size=1, max_size=5).map(
    lambda parts: [part / sum(parts) for part in parts]
)


@given(TEXTS)
def test_the_hash_sees_utf_16_code_units_as_javascript_does(text: str) -> None:
    state = OFFSET
    encoded = text.encode("utf-16-be", "surrogatepass")
    for high, low in zip(encoded[::2], encoded[1::2], strict=True):
        state = ((state ^ (high << 8 | low)) * PRIME) % 2**32
    assert fnv1a32(text) == state


@given(st.integers(0, UINT32) | st.integers(0, 200_000))
def test_a_number_hashes_as_its_digits_do(number: int) -> None:
    assert of_decimal(number) == fnv1a32(str(number))
    assert of_decimal(number) == fnv1a32(str(number)), "by what was kept of its head"


@given(TEXTS, TEXTS)
def test_hashing_the_seed_first_changes_nothing(seed: str, subject: str) -> None:
    position = bucket(seed, subject)
    assert position == fnv1a32(str(fnv1a32(seed + subject))) % 10_000 / 10_000
    assert position == bucket(seed, subject), "by what was kept of the number's head"
    assert 0 <= position < 1


@given(POSITIONS, WEIGHTS, FRACTIONS, FRACTIONS)
def test_who_is_in_stays_in_the_same_variation_as_the_coverage_grows(
    position: float, weights: list[float], one: float, other: float
) -> None:
    less, more = sorted((one, other))
    before = choose(position, bucket_ranges(len(weights), less, weights))
    after = choose(position, bucket_ranges(len(weights), more, weights))
    assert before is None or before == after


@given(POSITIONS, WEIGHTS)
def test_full_coverage_places_everybody(position: float, weights: list[float]) -> None:
    assert choose(position, bucket_ranges(len(weights), 1.0, weights)) is not None
