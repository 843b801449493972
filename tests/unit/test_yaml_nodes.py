"""YAML as JSON: the core schema, lines, and what is refused."""

import pytest
import yaml
from pydantic import JsonValue

from infra.configuration.yaml_nodes import (
    MAX_DEPTH,
    CoreLoader,
    Reading,
    Unreadable,
    read_node,
)


def read(text: str) -> Reading:
    loader = CoreLoader(text)
    node = loader.get_single_node()
    assert node is not None
    return read_node(node)


SCALARS: dict[str, JsonValue] = {
    "true": True,
    "False": False,
    "on": "on",
    "no": "no",
    "~": None,
    "": None,
    "null": None,
    "12": 12,
    "-3": -3,
    "007": 7,
    "12:30": "12:30",
    "1_000": "1_000",
    "1.5": 1.5,
    "1e3": 1000.0,
    ".5": 0.5,
    "1.": 1.0,
    "2026-11-20": "2026-11-20",
    "'12'": "12",
    '"true"': "true",
    "!!str 12": "12",
    "0x1F": "0x1F",
    ".inf": ".inf",
    "<<": "<<",
}


@pytest.mark.parametrize(("text", "expected"), SCALARS.items(), ids=map(repr, SCALARS))
def test_a_scalar_is_what_the_core_schema_says(text: str, expected: JsonValue) -> None:
    value = read(f"a: {text}").value
    assert value == {"a": expected}
    assert isinstance(value, dict)
    assert type(value["a"]) is type(expected)


def test_every_value_knows_the_line_of_its_key() -> None:
    reading = read("a: 1\nb:\n  - c: 2\n    d/e: 3\n  - 4\n")
    assert reading.lines == {
        "": 1,
        "/a": 1,
        "/b": 2,
        "/b/0": 3,
        "/b/0/c": 3,
        "/b/0/d~1e": 4,
        "/b/1": 5,
    }


def test_a_missing_place_has_the_line_of_what_is_above_it() -> None:
    reading = read("a: 1\nb:\n  c: 2\n")
    assert reading.line_of("/b/missing/deeper") == 2
    assert reading.line_of("/nowhere") == 1


def test_a_repeated_key_is_a_fault_and_the_first_one_stays() -> None:
    reading = read("a: 1\nb: 2\na: 3\n")
    assert reading.value == {"a": 1, "b": 2}
    assert reading.faults == [("/a", 3, "the key appears twice; first on line 1")]


def test_keys_are_words_even_where_they_look_like_numbers() -> None:
    assert read("1: a\ntrue: b\non: c\n").value == {"1": "a", "true": "b", "on": "c"}


def test_an_alias_is_followed() -> None:
    assert read("a: &x [1, 2]\nb: *x\n").value == {"a": [1, 2], "b": [1, 2]}


def test_a_small_file_cannot_unfold_into_a_huge_one() -> None:
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 9))
    with pytest.raises(Unreadable, match="aliases unfolded"):
        read(f"l0: &l0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n{levels}\n")


def test_a_value_that_holds_itself_is_refused() -> None:
    with pytest.raises(Unreadable, match=f"at most {MAX_DEPTH} levels"):
        read("a: &a [*a]\n")


REFUSED = {
    "a tag of its own": ("a: 1\nb: !python/object:os.system x\n", 2, "has no meaning here"),
    "a tag on a list": ("a: !!set {x, y}\n", 1, "has no meaning here"),
    "a key that is a list": ("[1, 2]: a\n", 1, "a key is a plain word"),
    "a number beyond numbers": ("a: 1e999\n", 1, "too large a number"),
    "a whole number beyond numbers": (f"a: 1{'0' * 400}\n", 1, "too large a number"),
    "more digits than a number has": (f"a: {'9' * 5000}\n", 1, "is not a number"),
    "a tag that its text belies": ("a: !!int x\n", 1, "is not a number"),
    "a boolean that its text belies": ("a: !!bool x\n", 1, "has no meaning here"),
}


@pytest.mark.parametrize(("text", "line", "message"), REFUSED.values(), ids=REFUSED)
def test_what_json_cannot_say_is_refused_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(Unreadable, match=message) as raised:
        read(text)
    assert raised.value.line == line


def test_nothing_is_ever_constructed() -> None:
    with pytest.raises(yaml.YAMLError):
        yaml.load("!!python/name:os.system", CoreLoader)  # noqa: S506  # that it is safe is the point
