"""Conditions against the language-agnostic cases of the GrowthBook SDK specification."""

import pytest
from pydantic import JsonValue

from cairn.conditions.compile import compile_condition
from cairn.conditions.model import Attributes, Groups
from tests.conformance.cases import growthbook_cases

type Row = tuple[str, JsonValue, Attributes, bool] | tuple[str, JsonValue, Attributes, bool, Groups]


@pytest.mark.parametrize("row", growthbook_cases("evalCondition"))
def test_a_condition_decides_as_the_specification_says(row: Row) -> None:
    _, document, attributes, expected, *groups = row
    condition = compile_condition(document, groups=groups[0] if groups else {}, strict=False)
    assert condition.matches(attributes) is expected
