"""What a proof command says: measured values beside their targets, as a table or as JSON.

People get a table; with `--json` one object and nothing else goes to standard output. A command
ends with 0 when all targets are met, 1 when one is missed, 2 when it could not measure.
"""

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, Literal

from rich.console import Console
from rich.table import Table

type Relation = Literal["<=", ">=", "=="]

HOLDS: Final[Mapping[Relation, Callable[[float, float], bool]]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
}


class Exit(IntEnum):
    """How a proof command ends."""

    MET = 0
    MISSED = 1
    UNMEASURED = 2


class Unmeasurable(Exception):
    """The proof could not measure; the message is one sentence that says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """One measured value and what it should be.

    Attributes:
        name: what was measured.
        value: the measured value, in `unit`.
        unit: such as `ratio`, `ms`, `calls`, `events`.
        relation: how `value` must stand to `limit`.
        limit: the bound, in `unit`.
    """

    name: str
    value: float
    unit: str
    relation: Relation
    limit: float

    @property
    def ok(self) -> bool:
        """Whether the target is met."""
        return HOLDS[self.relation](self.value, self.limit)

    @property
    def target(self) -> str:
        """The target in words, such as `<= 1.45`."""
        return f"{self.relation} {self.limit:.12g}"


@dataclass(frozen=True, slots=True)
class Report:
    """What one proof command found.

    Attributes:
        name: the command, such as `bench imports`.
        targets: the values that have targets.
        details: whatever else was measured, and how; JSON.
    """

    name: str
    targets: Sequence[Target]
    details: Mapping[str, object] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether all targets are met."""
        return all(target.ok for target in self.targets)

    @property
    def exit(self) -> Exit:
        """How the command ends."""
        return Exit.MET if self.ok else Exit.MISSED

    def json(self) -> str:
        """The report as one JSON object."""
        return json.dumps(
            {
                "name": self.name,
                "ok": self.ok,
                "targets": [
                    {
                        "name": each.name,
                        "value": each.value,
                        "unit": each.unit,
                        "target": each.target,
                        "ok": each.ok,
                    }
                    for each in self.targets
                ],
                "details": self.details,
            }
        )

    def table(self) -> Table:
        """The targets as a table for people."""
        table = Table("what", "value", "unit", "target", "", title=self.name)
        for column in (1, 3):
            table.columns[column].justify = "right"
        for each in self.targets:
            mark = "[green]✓[/]" if each.ok else "[red]✗[/]"
            table.add_row(each.name, plain(each.value), each.unit, each.target, mark)
        return table

    def show(self, *, as_json: bool) -> Exit:
        """Prints the report to standard output, and says how the command ends."""
        if as_json:
            print(self.json())  # noqa: T201  # the command's output
        else:
            Console().print(self.table())
        return self.exit


def plain(value: float) -> str:
    """A number for people: thousands separated, at most three decimals."""
    return f"{value:,.3f}".rstrip("0").rstrip(".")
