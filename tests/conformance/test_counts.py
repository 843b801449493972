"""The table of counts in this folder's README, and the groups that do not apply."""

from typing import Final

import pytest

from tests.conformance.cases import HERE, SKIPPED, growthbook, growthbook_cases

README: Final = HERE / "README.md"


def row(group: str) -> str:
    cases = growthbook_cases(group)
    reasons = {str(mark.kwargs["reason"]) for case in cases for mark in case.marks}
    skipped = sum(bool(case.marks) for case in cases)
    why = "; ".join(sorted(reasons))
    return f"| `{group}` | {len(cases)} | {len(cases) - skipped} | {skipped} | {why} |"


def total() -> str:
    cases = [case for group in growthbook() for case in growthbook_cases(group)]
    skipped = sum(bool(case.marks) for case in cases)
    return f"| **all** | {len(cases)} | {len(cases) - skipped} | {skipped} | |"


def test_the_readme_counts_what_is_run() -> None:
    rows = [row(group) for group in growthbook()]
    assert "\n".join([*rows, total()]) in README.read_text(encoding="utf-8")


@pytest.mark.parametrize("group", SKIPPED)
def test_every_skipped_group_is_one_of_the_cases(group: str) -> None:
    assert growthbook()[group]


@pytest.mark.parametrize("case", [case for group in SKIPPED for case in growthbook_cases(group)])
def test_what_does_not_apply_is_skipped_in_words(case: object) -> None:
    pytest.fail(f"{case} has no reason to be skipped")
