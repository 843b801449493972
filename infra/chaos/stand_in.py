"""Shoppers that never were, shaped like those of the data set, where the file is not at hand."""

from collections.abc import Iterator
from random import Random
from typing import Final

from infra.replay.shoppers import KINDS, Shopper, Viewed

MONTHS: Final = ("Feb", "Mar", "May", "June", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
VISITORS: Final = ("Returning_Visitor", "New_Visitor", "Other")
LIKELY: Final = (86, 13, 1)
"""Percent of each kind of visitor, as in the data set."""

PURCHASED: Final = 0.155
WEEKEND: Final = 0.233
TYPICAL: Final = {"Administrative": 0.6, "Informational": -1.2, "ProductRelated": 2.8}
"""The mean of the logarithm of pages, by kind."""

SPREAD: Final = 1.1
PAGE_MS: Final = 40_000


def shoppers(seed: int) -> Iterator[Shopper]:
    """Shoppers without end; the same for the same seed."""
    rng = Random(seed)  # noqa: S311  # made-up visitors, no secret
    row = 0
    while True:
        yield Shopper(
            row=row,
            viewed=tuple(_viewed(kind, rng) for kind in KINDS),
            dimensions={
                "month": rng.choice(MONTHS),
                "weekend": str(rng.random() < WEEKEND).lower(),
                "visitor_type": rng.choices(VISITORS, LIKELY)[0],
            },
            purchased=rng.random() < PURCHASED,
        )
        row += 1


def _viewed(kind: str, rng: Random) -> Viewed:
    pages = min(200, int(rng.lognormvariate(TYPICAL[kind], SPREAD)))
    return Viewed(kind, pages, int(pages * rng.expovariate(1 / PAGE_MS)))
