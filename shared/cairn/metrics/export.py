"""Rows as CSV (RFC 4180) and as JSON lines."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from cairn.platform.clock import rfc3339

type Cell = str | int | float | None
type Row = Mapping[str, Cell]

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a text begins that a spreadsheet would carry out (OWASP, "CSV Injection")."""


def flat(record: Mapping[str, object]) -> Row:
    """A record without records in it: what stands under a name in it is called `outer.inner`."""
    return dict(_flattened("", record))


def to_csv(rows: Sequence[Row]) -> str:
    """Rows under one head line, with a column for everything that any of them has.

    A text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    columns = dict.fromkeys(name for row in rows for name in row)
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(map(_harmless, columns))
    writer.writerows([_harmless(row.get(name)) for name in columns] for row in rows)
    return written.getvalue()


def to_json_lines(rows: Sequence[Row]) -> str:
    """An object on a line of its own for each row."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _flattened(prefix: str, record: Mapping[str, object]) -> Iterator[tuple[str, Cell]]:
    for name, value in record.items():
        match value:
            case Mapping():
                yield from _flattened(f"{prefix}{name}.", value)
            case datetime():
                yield f"{prefix}{name}", rfc3339(value)
            case str() | int() | float() | None:
                yield f"{prefix}{name}", value
            case _:
                raise TypeError(f"{name} is no cell.")


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
