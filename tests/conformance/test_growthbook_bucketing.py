"""Bucketing against the language-agnostic cases of the GrowthBook SDK specification."""

from math import isnan

import pytest

from cairn.flags.bucketing import Range, bucket, bucket_ranges, choose, equal_weights
from tests.conformance.cases import growthbook_cases


@pytest.mark.parametrize("row", growthbook_cases("hash"))
def test_a_subject_hashes_to_its_place(row: tuple[str, str, int, float | None]) -> None:
    seed, subject, version, expected = row
    position = bucket(seed, subject, version=version)
    assert isnan(position) if expected is None else position == expected


@pytest.mark.parametrize("row", growthbook_cases("getBucketRange"))
def test_variations_get_their_ranges(
    row: tuple[str, tuple[int, float, list[float] | None], list[Range]],
) -> None:
    _, (count, coverage, weights), expected = row
    ranges = bucket_ranges(count, coverage, weights)
    assert len(ranges) == len(expected)
    for actual, wanted in zip(ranges, expected, strict=True):
        assert actual == pytest.approx(wanted)


@pytest.mark.parametrize("row", growthbook_cases("chooseVariation"))
def test_a_place_chooses_its_variation(row: tuple[str, float, list[Range], int]) -> None:
    _, position, ranges, expected = row
    assert choose(position, ranges) == (None if expected == -1 else expected)


@pytest.mark.parametrize("row", growthbook_cases("getEqualWeights"))
def test_equal_weights_share_the_whole(row: tuple[int, list[float]]) -> None:
    count, expected = row
    assert equal_weights(count) == pytest.approx(expected)
