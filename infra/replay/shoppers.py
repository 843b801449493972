"""Online Shoppers: 12,330 real shop sessions, one to a row, without order or clock.

Source: Sakar et al. (2018), UCI Machine Learning Repository, CC BY 4.0. Semicolons or commas
between columns; durations in seconds.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from infra.proof import Unmeasurable

KINDS: Final = ("Administrative", "Informational", "ProductRelated")
"""The kinds of pages, in the order in which a replayed session sees them."""


@dataclass(frozen=True, slots=True)
class Viewed:
    """The pages of one kind that a session saw.

    Attributes:
        kind: one of `KINDS`.
        pages: how many.
        duration_ms: time on all of them together.
    """

    kind: str
    pages: int
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Shopper:
    """One session of the data set.

    Attributes:
        row: its place in the file, from 0.
        viewed: what it saw, by kind.
        dimensions: month and visitor type in the file's words, weekend as `true` or `false`.
        purchased: whether it ended in a purchase.
    """

    row: int
    viewed: tuple[Viewed, ...]
    dimensions: Mapping[str, str]
    purchased: bool

    @property
    def pages(self) -> int:
        """Pages of all kinds."""
        return sum(each.pages for each in self.viewed)

    @property
    def duration_ms(self) -> int:
        """Time on all pages."""
        return sum(each.duration_ms for each in self.viewed)


def read(path: Path, limit: int | None = None) -> list[Shopper]:
    """The file's sessions, at most `limit` of them.

    Raises:
        Unmeasurable: there is no such file, or it is another one.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = csv.DictReader(file, delimiter=_delimiter(file))
            found = list(_shoppers(rows, limit))
    except OSError as error:
        raise Unmeasurable(f"{path} can't be read: {error.strerror}.") from error
    except KeyError as error:
        missing = f"the column {error} is missing"
        raise Unmeasurable(f"{path} is not the Online Shoppers file: {missing}.") from error
    except ValueError as error:
        raise Unmeasurable(f"{path} is not the Online Shoppers file: {error}.") from error
    if not found:
        raise Unmeasurable(f"{path} has no sessions.")
    return found


def shopper(row: int, cells: Mapping[str, str]) -> Shopper:
    """One row of the file.

    Raises:
        KeyError: a column is missing.
        ValueError: a number is none.
    """
    return Shopper(
        row=row,
        viewed=tuple(
            Viewed(kind, int(cells[kind]), round(float(cells[f"{kind}_Duration"]) * 1000))
            for kind in KINDS
        ),
        dimensions={
            "month": cells["Month"],
            "weekend": cells["Weekend"].lower(),
            "visitor_type": cells["VisitorType"],
        },
        purchased=cells["Revenue"] == "TRUE",
    )


def _delimiter(file: TextIO) -> str:
    """What stands between the columns: published copies of the file have either."""
    header = file.readline()
    file.seek(0)
    return ";" if ";" in header else ","


def _shoppers(rows: "csv.DictReader[str]", limit: int | None) -> Iterator[Shopper]:
    for row, cells in enumerate(rows):
        if row == limit:
            return
        yield shopper(row, cells)
