"""What is wrong with configuration files, and where."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault in one place.

    Attributes:
        file: as the caller named it.
        line: from 1.
        pointer: JSON pointer (RFC 6901) into the document; empty for the whole of it.
        message: one English sentence or clause.
    """

    file: Path
    line: int
    pointer: str
    message: str

    def __str__(self) -> str:
        """`file:line: /pointer message`, as editors and terminals understand it."""
        where = f"{self.file}:{self.line}:"
        return " ".join(part for part in (where, self.pointer, self.message) if part)


class InvalidConfiguration(Exception):
    """Files that cannot be published; carries every problem that was found, in file order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)
