"""Finds configuration files and reads the documents in them, with the line of every value."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from infra.configuration.problems import InvalidConfiguration, Problem
from infra.configuration.yaml_nodes import CoreLoader, Reading, Unreadable, read_node

SUFFIXES: Final = frozenset({".yaml", ".yml"})
MAX_FILE_BYTES: Final = 512 * 1024
MAX_FILES: Final = 500


@dataclass(frozen=True, slots=True)
class Written:
    """One document as somebody wrote it.

    Attributes:
        file: where it stands.
        reading: its JSON, and the line of each value.
    """

    file: Path
    reading: Reading

    def problem(self, pointer: str, message: str) -> Problem:
        """A problem at a place of the document."""
        return Problem(self.file, self.reading.line_of(pointer), pointer, message)


def files_below(path: Path) -> list[Path]:
    """The YAML files of a folder and the folders in it, sorted; or the one file.

    Raises:
        InvalidConfiguration: there is no such path, or nothing to read below it.
    """
    if path.is_file():
        return [path]
    found = sorted(each for each in path.rglob("*") if each.suffix in SUFFIXES and each.is_file())
    if not found:
        raise InvalidConfiguration([Problem(path, 1, "", "there is no YAML file here")])
    if len(found) > MAX_FILES:
        raise InvalidConfiguration([Problem(path, 1, "", f"more than {MAX_FILES} files")])
    return found


def read_file(file: Path) -> tuple[list[Written], list[Problem]]:
    """The documents of a file, and what cannot be read in it."""
    documents: list[Written] = []
    try:
        documents.extend(Written(file, reading) for reading in _readings(_text(file)))
    except Unreadable as error:
        return documents, [Problem(file, error.line, "", str(error)), *_faults(documents)]
    return documents, _faults(documents)


def _text(file: Path) -> str:
    if file.stat().st_size > MAX_FILE_BYTES:
        raise Unreadable(f"a file has at most {MAX_FILE_BYTES // 1024} KB", 1)
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable("the file is not UTF-8", 1) from error


def _readings(text: str) -> Iterator[Reading]:
    try:
        loader = CoreLoader(text)
        while loader.check_node():
            node = loader.get_node()
            if node is not None and not _is_empty(node):
                yield read_node(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable(f"not YAML: {error.problem}", mark.line + 1 if mark else 1) from error
    except yaml.YAMLError as error:
        raise Unreadable(f"not YAML: {str(error).splitlines()[0]}", 1) from error
    except RecursionError as error:
        raise Unreadable("the file is nested too deeply", 1) from error


def _is_empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.value == ""


def _faults(documents: list[Written]) -> list[Problem]:
    return [
        Problem(each.file, line, pointer, message)
        for each in documents
        for pointer, line, message in each.reading.faults
    ]
