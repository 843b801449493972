"""How many were there, about."""

from collections.abc import Iterable

import pytest

from cairn.metrics.distinct import ERROR, REGISTERS, estimate, register_of


def registers(subjects: Iterable[int]) -> frozenset[bytes]:
    return frozenset(register_of(f"subject-{number}") for number in subjects)


def test_nobody_is_nobody() -> None:
    assert estimate(frozenset()) == 0


@pytest.mark.parametrize("count", [1, 10, 100, 1_000, 3_000, 10_000, 60_000])
def test_an_estimate_is_within_three_standard_errors(count: int) -> None:
    assert estimate(registers(range(count))) == pytest.approx(count, rel=3 * ERROR)


def test_whoever_comes_again_changes_nothing() -> None:
    assert register_of("somebody") == register_of("somebody")
    assert registers(range(50)) | registers(range(50)) == registers(range(50))


def test_a_union_stands_for_everybody_who_is_in_either() -> None:
    either = registers(range(2_000)) | registers(range(1_000, 4_000))
    assert either == registers(range(4_000))


def test_a_register_is_two_bytes_with_an_index_and_a_rank() -> None:
    elements = registers(range(5_000))
    assert {len(each) for each in elements} == {2}
    assert {int.from_bytes(each) >> 6 for each in elements} <= set(range(REGISTERS))
    assert min(int.from_bytes(each) & 63 for each in elements) == 1


def test_more_subjects_than_there_can_be_are_still_an_estimate() -> None:
    assert estimate(frozenset((index << 6 | 40).to_bytes(2) for index in range(REGISTERS))) > 2**48
