"""Expected beside actual: what a replay must have added to the metrics, and what it did."""

from collections.abc import Mapping, Sequence

from rich.table import Table

from infra.proof import Target, plain
from infra.replay.truth import PAGE_VIEWS, Counts


def compared(truth: Counts, before: Counts, after: Counts) -> list[Target]:
    """One target for each count of the file, met when the metrics grew by exactly that much.

    What grew although the file has nothing of it is a row of its own, and a difference.
    """
    strays = [name for name in after if name not in truth and after[name] != before.get(name, 0)]
    names = [*truth, *sorted(strays)]
    return [
        Target(
            name=name,
            value=after.get(name, 0) - before.get(name, 0),
            unit=_unit(name),
            relation="==",
            limit=truth.get(name, 0),
        )
        for name in names
    ]


def table(title: str, rows: Sequence[Target]) -> Table:
    """The comparison for people."""
    shown = Table("what", "expected", "actual", "", title=title)
    shown.columns[1].justify = shown.columns[2].justify = "right"
    for row in rows:
        mark = "[green]✓[/]" if row.ok else "[red]✗[/]"
        shown.add_row(row.name, plain(row.limit), plain(row.value), mark)
    return shown


def _unit(name: str) -> str:
    units: Mapping[str, str] = {"sessions": "sessions", PAGE_VIEWS: "events"}
    return units.get(name, "purchases")
