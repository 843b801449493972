"""Where the compiler stands in a document, and what it has noted on its way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from cairn.conditions.membership import Members
from cairn.conditions.model import never
from cairn.platform.errors import Violation


@dataclass(frozen=True, slots=True)
class Notes:
    """What one compilation gathers.

    Attributes:
        groups: the saved groups that the document may name.
        violations: what a strict compilation refuses, in document order.
        paths: the attribute paths that are read.
    """

    groups: Mapping[str, Members]
    violations: list[Violation] = field(default_factory=list)
    paths: set[str] = field(default_factory=set)


class Site(NamedTuple):
    """One place in the document.

    Attributes:
        notes: shared by all places of a compilation.
        pointer: JSON pointer (RFC 6901) from the document's root to here.
        in_element: whether paths here are relative to an element of a list.
    """

    notes: Notes
    pointer: str = ""
    in_element: bool = False

    def at(self, step: str | int) -> "Site":
        """The place one step deeper."""
        escaped = str(step).replace("~", "~0").replace("/", "~1")
        return self._replace(pointer=f"{self.pointer}/{escaped}")

    def element(self) -> "Site":
        """The same place, seen from an element of a list."""
        return self._replace(in_element=True)

    def reads(self, path: str) -> None:
        """Notes that the attribute at `path` is read."""
        if not self.in_element:
            self.notes.paths.add(path)

    def object_to(self, code: str, detail: str) -> None:
        """Notes a violation: a strict compilation will fail, a lenient one goes on."""
        self.notes.violations.append(Violation(self.pointer, f"condition.{code}", detail))

    def refuse(self, code: str, detail: str) -> Callable[[object], bool]:
        """Notes a violation and gives a check that never holds."""
        self.object_to(code, detail)
        return never
