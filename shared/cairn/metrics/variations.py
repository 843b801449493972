"""Sessions and conversions by the variation of a flag that visitors were given."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cairn.metrics.breakdown import split
from cairn.metrics.overview import totals_of
from cairn.metrics.query import Found, Wanted
from cairn.metrics.ratios import ratio

VARIATION: Final = "variation."
"""How the dimensions begin that hold a flag's variation."""


@dataclass(frozen=True, slots=True)
class Variation:
    """Sessions that were given one variation.

    Attributes:
        conversions: by name.
        conversion_rates: conversions of one session, by name; above 1 where one converts often.
    """

    flag: str
    variation: str
    sessions: int
    conversions: Mapping[str, int]
    conversion_rates: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Experiments:
    """Variations over a window, by flag: counts alone, without any judgement of them."""

    variations: tuple[Variation, ...]


def flags(dimensions: Sequence[str]) -> tuple[str, ...]:
    """The dimensions that hold a flag's variation."""
    return tuple(each for each in dimensions if each.startswith(VARIATION))


def wanted(dimensions: Sequence[str]) -> Wanted:
    """What it is made of."""
    return Wanted(flags(dimensions))


def experiments(found: Found, dimensions: Sequence[str]) -> Experiments:
    """Every variation of every flag that is declared as a dimension."""
    return Experiments(tuple(_variations(found, flags(dimensions))))


def _variations(found: Found, dimensions: Sequence[str]) -> Iterator[Variation]:
    for dimension in dimensions:
        for value, counters in split(found.counters(dimension)).items():
            totals = totals_of(counters)
            rates = {
                name: ratio(count, totals.sessions) for name, count in totals.conversions.items()
            }
            yield Variation(
                flag=dimension.removeprefix(VARIATION),
                variation=value,
                sessions=totals.sessions,
                conversions=totals.conversions,
                conversion_rates={name: each for name, each in rates.items() if each is not None},
            )
