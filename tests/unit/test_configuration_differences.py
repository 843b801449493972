"""What changed in a document, key by key."""

import pytest
from pydantic import JsonValue

from cairn.configuration.differences import Difference, differences

CASES: dict[str, tuple[JsonValue, JsonValue, list[str]]] = {
    "nothing": ({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}, []),
    "changed": ({"a": 1}, {"a": 2}, ["~ /a: 1 → 2"]),
    "added and removed": ({"a": 1}, {"b": "x"}, ["- /a: 1", '+ /b: "x"']),
    "nested": ({"a": {"b": {"c": 1}}}, {"a": {"b": {"c": True}}}, ["~ /a/b/c: 1 → true"]),
    "another form": ({"a": [1]}, {"a": {"0": 1}}, ['~ /a: [1] → {"0":1}']),
    "a plain list": ({"a": [1, 2]}, {"a": [1, 3, 4]}, ["~ /a/1: 2 → 3", "+ /a/2: 4"]),
    "inserted before others": (
        [{"id": "x", "v": 1}],
        [{"id": "w", "v": 0}, {"id": "x", "v": 2}],
        ["~ /x/v: 1 → 2", '+ /w: {"id":"w","v":0}'],
    ),
    "moved": (
        [{"id": "x"}, {"id": "y"}],
        [{"id": "y"}, {"id": "x"}],
        ['~  (order): ["x","y"] → ["y","x"]'],
    ),
    "keys moved": (
        {"split": {"a": 1, "b": 2}},
        {"split": {"b": 2, "a": 1}},
        ['~ /split (order): ["a","b"] → ["b","a"]'],
    ),
    "named by name": ([{"name": "n", "v": 1}], [{"name": "n", "v": 2}], ["~ /n/v: 1 → 2"]),
    "ids that repeat": (
        [{"id": "x"}, {"id": "x"}],
        [{"id": "x"}, {"id": "y"}],
        ['~ /1/id: "x" → "y"'],
    ),
    "whole and broken number": ({"a": 1}, {"a": 1.0}, ["~ /a: 1 → 1.0"]),
}


@pytest.mark.parametrize(("before", "after", "expected"), CASES.values(), ids=CASES)
def test_each_key_that_differs_is_told(
    before: JsonValue, after: JsonValue, expected: list[str]
) -> None:
    assert list(map(told, differences(before, after))) == expected


def told(difference: Difference) -> str:
    values = [each for each in (difference.before, difference.after) if each is not None]
    where = f"{difference.pointer} (order)" if difference.reordered else difference.pointer
    return f"{difference.sign} {where}: {' → '.join(values)}"
