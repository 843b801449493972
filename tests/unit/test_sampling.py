"""Which traces are kept: errors and slow ones always, a share that everybody agrees on."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.platform.observability.sampling import Ended, Extent, Sampling, extent

ids = st.integers(min_value=1, max_value=2**128 - 1).map(lambda each: f"{each:032x}")
shares = st.floats(min_value=0, max_value=1)


def ended(
    *, took_ms: float = 5, sampled: bool = False, failed: bool = False, request: bool = True
) -> Ended:
    return Ended(took_ms, sampled, failed, request)


@pytest.mark.parametrize(
    ("of", "kept"),
    [
        (ended(), "root"),
        (ended(request=False), "nothing"),
        (ended(failed=True, request=False), "everything"),
        (ended(sampled=True), "everything"),
        (ended(took_ms=100), "everything"),
        (ended(took_ms=99.9), "root"),
    ],
)
def test_errors_slow_and_sampled_ones_are_kept_whole_and_every_request_by_its_root(
    of: Ended, kept: Extent
) -> None:
    assert extent(Sampling(100, 0.1), of) == kept


def test_where_roots_are_not_kept_nothing_remains_of_what_went_well() -> None:
    rule = Sampling(100, 0, roots=False)
    assert extent(rule, ended()) == "nothing"
    assert extent(rule, ended(failed=True)) == "everything"


@given(ids)
def test_a_share_of_nothing_and_of_everything_are_that(trace_id: str) -> None:
    assert not Sampling(1, 0).shared(trace_id)
    assert Sampling(1, 1).shared(trace_id)


@given(ids, shares, shares)
def test_what_a_small_share_keeps_a_larger_one_keeps_too(
    trace_id: str, one: float, other: float
) -> None:
    small, large = sorted((one, other))
    assert Sampling(1, large).shared(trace_id) or not Sampling(1, small).shared(trace_id)


@given(ids, st.text("0123456789abcdef", min_size=18, max_size=18), shares)
def test_only_the_random_part_of_an_id_decides(trace_id: str, other: str, share: float) -> None:
    rule = Sampling(1, share)
    assert rule.shared(trace_id) == rule.shared(other + trace_id[-14:])


def test_a_share_is_about_that_share() -> None:
    rule = Sampling(1, 0.25)
    kept = sum(rule.shared(secrets.token_hex(16)) for _ in range(10_000))
    assert 2_200 < kept < 2_800
