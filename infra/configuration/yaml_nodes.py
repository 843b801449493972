"""YAML as JSON values that know their lines.

The dialect is YAML 1.2's core schema: only `true` and `false` are booleans and dates are strings,
so `on`, `no` and `2026-11-20` mean what they look like. Keys are strings and appear once. Aliases
are followed, but count each time they are used, so that no small file unfolds into a huge one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import yaml
from pydantic import JsonValue

from cairn.platform.http import pointer
from cairn.platform.json_numbers import holds

MAX_DEPTH: Final = 64
MAX_VALUES: Final = 50_000

type Path = tuple[str | int, ...]

_TAG: Final = "tag:yaml.org,2002:"


class _Tags(StrEnum):
    MAPPING = "tag:yaml.org,2002:map"
    SEQUENCE = "tag:yaml.org,2002:seq"


_BOOLEANS: Final[Mapping[str, bool]] = {"true": True, "false": False}
_DIGITS: Final = "0123456789"
_PLAIN: Final = (
    ("null", r"(?:~|null|Null|NULL|)$", ["", *"~nN"]),
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)$", [*"tTfF"]),
    ("int", r"[-+]?[0-9]+$", [*"-+", *_DIGITS]),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+\.?[0-9]*)(?:[eE][-+]?[0-9]+)?$", [*"-+.", *_DIGITS]),
)
"""What an unquoted scalar is: a tag, its pattern, and the characters that it may begin with."""


def _resolvers() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    found: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for kind, pattern, beginnings in _PLAIN:
        for first in beginnings:
            found.setdefault(first, []).append((_TAG + kind, re.compile(pattern)))
    return found


class CoreLoader(yaml.SafeLoader):
    """Composes nodes by the core schema; it constructs nothing."""

    yaml_implicit_resolvers = _resolvers()


class CoreDumper(yaml.SafeDumper):
    """Writes what `CoreLoader` reads back as it was."""

    yaml_implicit_resolvers = _resolvers()


class Unreadable(Exception):
    """A place that has no meaning as JSON.

    Attributes:
        line: from 1.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(slots=True)
class Reading:
    """One document while it is read, and afterwards.

    Attributes:
        value: the document as JSON.
        lines: the line of each value, by its JSON pointer.
        faults: pointer, line and message of what was wrong on the way.
    """

    value: JsonValue = None
    lines: dict[str, int] = field(default_factory=dict)
    faults: list[tuple[str, int, str]] = field(default_factory=list)

    def line_of(self, where: str) -> int:
        """The line of a pointer, or of the nearest place above it that exists."""
        while where not in self.lines and where:
            where = where.rpartition("/")[0]
        return self.lines.get(where, 1)


def read_node(node: yaml.Node) -> Reading:
    """A composed document as JSON, with its lines.

    Raises:
        Unreadable: it is too deep, too large, or holds a tag that JSON cannot express.
    """
    reading = Reading()
    reading.value = _value(node, (), node.start_mark.line + 1, reading)
    return reading


def _value(node: yaml.Node, path: Path, line: int, reading: Reading) -> JsonValue:
    if len(path) > MAX_DEPTH or len(reading.lines) >= MAX_VALUES:
        limits = f"at most {MAX_DEPTH} levels and {MAX_VALUES} values, aliases unfolded"
        raise Unreadable(f"a document has {limits}", line)
    reading.lines[pointer(path)] = line
    match node:
        case yaml.MappingNode(tag=_Tags.MAPPING):
            return _mapping(node, path, reading)
        case yaml.SequenceNode(tag=_Tags.SEQUENCE):
            return [
                _value(item, (*path, index), item.start_mark.line + 1, reading)
                for index, item in enumerate(node.value)
            ]
        case yaml.ScalarNode():
            return _scalar(node, line)
        case _:
            raise Unreadable(f"the tag {node.tag} has no meaning here", line)


def _mapping(node: yaml.MappingNode, path: Path, reading: Reading) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {}
    for key, item in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise Unreadable("a key is a plain word", line)
        where = (*path, key.value)
        if key.value in found:
            first = reading.lines[pointer(where)]
            reading.faults.append(
                (pointer(where), line, f"the key appears twice; first on line {first}")
            )
            continue
        found[key.value] = _value(item, where, line, reading)
    return found


def _scalar(node: yaml.ScalarNode, line: int) -> JsonValue:
    text = str(node.value)
    match node.tag.removeprefix(_TAG):
        case "str":
            return text
        case "null":
            return None
        case "bool" if text.lower() in _BOOLEANS:
            return _BOOLEANS[text.lower()]
        case "int" | "float" as kind:
            return _number(kind, text, line)
        case _:
            raise Unreadable(f"the tag {node.tag} has no meaning here", line)


def _number(kind: str, text: str, line: int) -> JsonValue:
    try:
        number = int(text) if kind == "int" else float(text)
    except ValueError as error:
        raise Unreadable(f"{text[:40]} is not a number", line) from error
    if not holds(number):
        raise Unreadable(f"{text[:40]} is too large a number", line)
    return number
