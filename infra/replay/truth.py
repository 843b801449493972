"""What the metrics must say of a file's sessions, counted from the file alone."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from infra.replay.shoppers import Shopper

type Counts = Mapping[str, int]
"""How many, by a name such as `sessions` or `purchases, month nov`."""

SESSIONS = "sessions"
PAGE_VIEWS = "page views"
PURCHASES = "purchases"


def truth(shoppers: Iterable[Shopper]) -> Counts:
    """Sessions, page views and purchases, then purchases by each dimension's values."""
    totals = Counter({SESSIONS: 0, PAGE_VIEWS: 0, PURCHASES: 0})
    dimensions: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for each in shoppers:
        totals[SESSIONS] += 1
        totals[PAGE_VIEWS] += each.pages
        totals[PURCHASES] += each.purchased
        for dimension, value in each.dimensions.items():
            dimensions[dimension][purchases_by(dimension, value)] += each.purchased
    groups = (totals, *dimensions.values())
    return {name: count for group in groups for name, count in group.items()}


def purchases_by(dimension: str, value: str) -> str:
    """The name of one dimension value's purchases."""
    return f"{PURCHASES}, {dimension} {value}"
