"""What a run of events adds to rollups, and how many items and counters that takes."""

from collections.abc import Iterable, Mapping
from typing import Final

from cairn.metrics.contribution import Addition
from cairn.metrics.lateness import EVERY, Lateness
from cairn.metrics.model import Counters, Registers, Resolution, RollupKey
from cairn.metrics.series import SUBJECTS

WIDTH: Final = 200
"""Counters that an item is added to in one run; an update may have at most 300 operators."""

_DAY: Final = Resolution.DAY.key_length

type Cell = tuple[str, str, str]
"""A minute's key, a group, and a name in it."""


class Tally:
    """The counters of a run, by minute; hours and days are summed from them in the end."""

    __slots__ = ("_cells", "_keys", "_lateness", "_places", "_registers", "_widest", "_widths")

    def __init__(self, lateness: Lateness | None) -> None:
        self._lateness = lateness
        self._cells: dict[Cell, dict[str, int]] = {}
        self._registers: dict[RollupKey, set[bytes]] = {}
        self._keys: set[RollupKey] = set()
        self._places: dict[Cell, list[RollupKey]] = {}
        self._widths: dict[Cell, set[str]] = {}
        self._widest = 0

    def growth(self, added: Iterable[Addition], visited: Iterable[RollupKey]) -> int:
        """How many more items are written when this is added."""
        fresh = {key for key in visited if key not in self._keys}
        for minute, group, name, _ in added:
            if (minute, group, name) not in self._cells:
                fresh.update(self._keys_of(minute, group, name))
        return len(fresh - self._keys) if fresh else 0

    def too_wide(self, added: Iterable[Addition]) -> bool:
        """Whether an item that is added to already would be added to in too many counters."""
        for minute, group, name, counters in added:
            if len(counters) + self._widest > WIDTH:
                known = self._widths.get((minute[:_DAY], group, name))
                if known and len(known.union(counters)) > WIDTH:
                    return True
        return False

    def add(self, added: Iterable[Addition]) -> None:
        """Adds to the counters."""
        for minute, group, name, counters in added:
            cell = minute, group, name
            total = self._cells.get(cell)
            if total is None or not total.keys() >= counters.keys():
                width = self._widths.setdefault((minute[:_DAY], group, name), set())
                width.update(counters)
                self._widest = max(self._widest, len(width))
            if total is None:
                self._cells[cell] = dict(counters)
                self._keys.update(self._keys_of(minute, group, name))
            else:
                _sum(total, counters)

    def visited(self, minute: str, *, newcomer: bool) -> list[RollupKey]:
        """Where it is kept that somebody was there; a day needs to be told of newcomers only."""
        places = self._keys_of(minute, SUBJECTS, "")
        return [key for key in places if newcomer or key.resolution is not Resolution.DAY]

    def visit(self, visited: Iterable[RollupKey], register: bytes) -> None:
        """Adds somebody to those who were there."""
        for key in visited:
            self._keys.add(key)
            self._registers.setdefault(key, set()).add(register)

    @property
    def rollups(self) -> Mapping[RollupKey, Counters]:
        """What to add, by rollup item; nothing is ever added that amounts to nothing."""
        summed: dict[RollupKey, dict[str, int]] = {}
        for cell, counters in self._cells.items():
            for key in self._keys_of(*cell):
                total = summed.get(key)
                if total is None:
                    summed[key] = counters.copy()
                else:
                    _sum(total, counters)
        told = ((key, _something(counters)) for key, counters in summed.items())
        return {key: counters for key, counters in told if counters}

    @property
    def registers(self) -> Mapping[RollupKey, Registers]:
        """Who was there, by rollup item."""
        return {key: frozenset(each) for key, each in self._registers.items()}

    def _keys_of(self, minute: str, group: str, name: str) -> list[RollupKey]:
        cell = minute, group, name
        places = self._places.get(cell)
        if places is None:
            kept = EVERY if self._lateness is None else self._lateness.kept(minute)
            places = [RollupKey(each, group, minute[:length], name) for each, length in kept]
            self._places[cell] = places
        return places


def _sum(total: dict[str, int], counters: Counters) -> None:
    for counter, count in counters.items():
        total[counter] = total.get(counter, 0) + count


def _something(counters: dict[str, int]) -> Counters:
    """Counters without those that amount to nothing."""
    if 0 not in counters.values():
        return counters
    return {counter: count for counter, count in counters.items() if count}
