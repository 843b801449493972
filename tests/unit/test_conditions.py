"""What the public cases leave open: strictness, pointers, bounds, paths, odd values."""

import subprocess
import sys
from collections.abc import Mapping

import pytest
from pydantic import JsonValue

from cairn.conditions.bounds import MAX_DEPTH, MAX_VALUES
from cairn.conditions.compile import compile_condition
from cairn.conditions.model import Attributes, ConditionError
from cairn.conditions.patterns import MAX_PATTERN_CHARS


def matches(document: JsonValue, attributes: Attributes, *, strict: bool = True) -> bool:
    return compile_condition(document, strict=strict).matches(attributes)


def refusal(document: JsonValue) -> dict[str, str]:
    with pytest.raises(ConditionError) as raised:
        compile_condition(document)
    return {each.pointer: each.code for each in raised.value.violations}


DOUBTFUL: Mapping[str, tuple[JsonValue, dict[str, str]]] = {
    "no object": ([], {"": "condition.not_an_object"}),
    "unknown operator": ({"a": {"$regx": "b"}}, {"/a/$regx": "condition.unknown_operator"}),
    "unknown joiner": ({"$xor": []}, {"/$xor": "condition.unknown_operator"}),
    "joiner without list": ({"$or": {}}, {"/$or": "condition.not_a_list"}),
    "joined no object": ({"$and": [{}, 1]}, {"/$and/1": "condition.not_an_object"}),
    "mixed keys": ({"a": {"$gt": 1, "b": 2}}, {"/a": "condition.mixed_keys"}),
    "empty path": ({"a..b": 1}, {"/a..b": "condition.empty_path"}),
    "escaped pointer": ({"a/b~c": {"$in": 1}}, {"/a~1b~0c/$in": "condition.not_a_list"}),
    "incomparable": ({"a": {"$lt": True}}, {"/a/$lt": "condition.not_comparable"}),
    "incomparable list": ({"a": {"$gte": [1]}}, {"/a/$gte": "condition.not_comparable"}),
    "no version": ({"a": {"$vgt": 1}}, {"/a/$vgt": "condition.not_a_version"}),
    "unknown type": ({"a": {"$type": "date"}}, {"/a/$type": "condition.unknown_type"}),
    "unknown group": ({"a": {"$inGroup": "g"}}, {"/a/$inGroup": "condition.unknown_group"}),
    "exists no boolean": ({"a": {"$exists": 1}}, {"/a/$exists": "condition.not_a_boolean"}),
    "pattern no string": ({"a": {"$regex": 1}}, {"/a/$regex": "condition.not_a_pattern"}),
    "look-ahead": ({"a": {"$regex": "(?=b)"}}, {"/a/$regex": "condition.invalid_pattern"}),
    "back-reference": ({"a": {"$regexi": r"(b)\1"}}, {"/a/$regexi": "condition.invalid_pattern"}),
    "lone surrogate": ({"a": {"$regex": "\ud800"}}, {"/a/$regex": "condition.invalid_pattern"}),
    "explosion": (
        {"a": {"$notRegex": "((b{100}){100}){100}"}},
        {"/a/$notRegex": "condition.invalid_pattern"},
    ),
    "long pattern": (
        {"a": {"$regex": "b" * (MAX_PATTERN_CHARS + 1)}},
        {"/a/$regex": "condition.invalid_pattern"},
    ),
    "nested operand": (
        {"a": {"$elemMatch": {"$not": {"$all": 1}}}},
        {"/a/$elemMatch/$not/$all": "condition.not_a_list"},
    ),
}


@pytest.mark.parametrize(("document", "expected"), DOUBTFUL.values(), ids=DOUBTFUL)
def test_a_strict_compilation_refuses_what_is_doubtful_and_says_where(
    document: JsonValue, expected: dict[str, str]
) -> None:
    assert refusal(document) == expected


@pytest.mark.parametrize("document", [row[0] for row in DOUBTFUL.values()], ids=DOUBTFUL)
def test_a_lenient_compilation_takes_what_is_doubtful_without_an_error(
    document: JsonValue,
) -> None:
    assert matches(document, {"a": "nothing of the kind"}, strict=False) in {True, False}


def test_all_violations_are_reported_at_once_and_the_first_names_the_error() -> None:
    with pytest.raises(ConditionError) as raised:
        compile_condition({"a": {"$in": 1}, "$or": [{"b": {"$type": "x"}}]})
    assert [each.pointer for each in raised.value.violations] == ["/a/$in", "/$or/0/b/$type"]
    assert raised.value.pointer == "/a/$in"
    assert str(raised.value) == "/a/$in: the operator takes a list of values"


@pytest.mark.parametrize("strict", [True, False])
def test_a_condition_that_is_too_deep_or_too_large_never_compiles(*, strict: bool) -> None:
    deep: JsonValue = 1
    for _ in range(MAX_DEPTH):
        deep = {"$not": deep}
    wide: JsonValue = {"a": {"$in": [1] * MAX_VALUES}}
    for document in (deep, wide):
        with pytest.raises(ConditionError, match="at most"):
            compile_condition(document, strict=strict)


def test_a_condition_names_the_paths_it_reads_but_not_those_inside_elements() -> None:
    condition = compile_condition(
        {
            "country": "DE",
            "$or": [{"account.plan": "pro"}, {"$not": {"age": {"$lt": 18}}}],
            "orders": {"$elemMatch": {"total": {"$gt": 100}}},
        }
    )
    assert condition.paths == {"country", "account.plan", "age", "orders"}


def test_equality_is_deep_and_keeps_booleans_and_numbers_apart() -> None:
    assert matches({"a": 1}, {"a": 1.0})
    assert matches({"a": {"b": [1, {"c": None}]}}, {"a": {"b": [1, {"c": None}]}})
    assert not matches({"a": 1}, {"a": True})
    assert not matches({"a": True}, {"a": 1})
    assert not matches({"a": [1]}, {"a": [True]})
    assert not matches({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}})
    assert not matches({"a": "1"}, {"a": 1})


def test_membership_keeps_booleans_and_numbers_apart() -> None:
    assert not matches({"a": {"$in": [1, 0]}}, {"a": True})
    assert matches({"a": {"$in": [1, True]}}, {"a": True})
    assert matches({"a": {"$nin": [True]}}, {"a": 1})
    assert not matches({"a": {"$in": [[1], {"b": 1}]}}, {"a": [[1]]})
    assert not matches({"a": {"$in": ["b"]}}, {"a": {"b": "b"}})


def test_order_takes_numbers_in_text_and_nothing_else_for_numbers() -> None:
    assert matches({"a": {"$gt": 5}}, {"a": " 8.5 "})
    assert matches({"a": {"$lt": "5"}}, {"a": None})
    for text in ("1_0", "nan", "inf", "٣", "abc", "", "1e", "--1"):
        assert not matches({"a": {"$gte": -1e9}}, {"a": text})
    containers: list[JsonValue] = [[9], {"b": 9}]
    for odd in containers:
        assert not matches({"a": {"$gt": 5}}, {"a": odd})
    assert not matches({"a": {"$gt": "word"}}, {"a": 5})


def test_a_doubtful_order_still_follows_the_specification_where_lenient() -> None:
    assert matches({"a": {"$lt": True}}, {"a": 0}, strict=False)
    assert not matches({"a": {"$lt": [5]}}, {"a": 1}, strict=False)


def test_an_absent_or_odd_version_counts_as_version_zero() -> None:
    nothings: list[JsonValue] = [None, True, "", [], {}]
    for odd in nothings:
        assert matches({"a": {"$vlt": "0.0.1"}}, {"a": odd})
    assert matches({"a": {"$veq": "2"}}, {"a": 2.0})
    assert matches({"a": {"$veq": "2.5"}}, {"a": 2.5})


def test_a_negated_pattern_holds_for_what_is_absent_or_no_text() -> None:
    assert matches({"a": {"$notRegex": "^b"}}, {})
    assert matches({"a": {"$notRegexi": "^b"}}, {"a": 5})
    assert not matches({"a": {"$notRegexi": "^b"}}, {"a": "Bee"})
    assert matches({"a": {"$notRegex": "^b"}}, {"a": "Bee"})


def test_an_invalid_pattern_never_holds_not_even_negated() -> None:
    assert not matches({"a": {"$regex": "("}}, {"a": "("}, strict=False)
    assert not matches({"a": {"$notRegex": "("}}, {"a": "x"}, strict=False)


def test_a_pattern_survives_text_that_is_no_valid_unicode() -> None:
    assert not matches({"a": {"$regex": "^b$"}}, {"a": "\ud800"})


def test_case_is_ignored_only_where_asked_and_only_in_text() -> None:
    assert matches({"a": {"$alli": ["B", 1]}}, {"a": ["b", 1]})
    assert not matches({"a": {"$alli": ["B", "c"]}}, {"a": [["b"], "C"]})
    assert matches({"a": {"$ini": ["B", 1]}}, {"a": 1})


def test_an_element_matches_by_value_or_as_an_object_of_its_own() -> None:
    assert matches({"a": {"$elemMatch": {"b": 1, "c": 2}}}, {"a": [{"b": 1}, {"b": 1, "c": 2}]})
    assert not matches({"a": {"$elemMatch": {"b": 1, "c": 2}}}, {"a": [{"b": 1}, {"c": 2}]})
    assert matches({"a": {"$elemMatch": {"$lt": 1}}}, {"a": [5, 0]})
    assert not matches({"a": {"$elemMatch": {"$lt": 1}}}, {"a": [None, 5]})
    assert matches({"a": {"$elemMatch": {"b": {"$exists": False}}}}, {"a": ["text"]})


def test_conditions_without_a_pattern_do_not_import_the_pattern_library() -> None:
    program = (
        "import sys; from cairn.conditions.compile import compile_condition; "
        "compile_condition({'a': {'$in': [1], '$vgt': '1.0'}}); sys.exit('re2' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0  # noqa: S603  # our own text
