"""What the metrics must say of a file's sessions, counted from the file alone."""

from collections import Counter
from collections.abc import Iterable, Mapping

from infra.replay.shoppers import Shopper

type Counts = Mapping[str, int]
"""How many, by a name such as `sessions` or `purchases, month nov`."""

SESSIONS = "sessions"
PAGE_VIEWS = "page views"
PURCHASES = "purchases"


def truth(shoppers: Iterable[Shopper]) -> Counts:
    """Sessions, page views and purchases, and purchases by each dimension's values."""
    counts = Counter({SESSIONS: 0, PAGE_VIEWS: 0, PURCHASES: 0})
    for each in shoppers:
        counts[SESSIONS] += 1
        counts[PAGE_VIEWS] += each.pages
        counts[PURCHASES] += each.purchased
        for dimension, value in each.dimensions.items():
            counts[purchases_by(dimension, value)] += each.purchased
    return counts


def purchases_by(dimension: str, value: str) -> str:
    """The name of one dimension value's purchases."""
    return f"{PURCHASES}, {dimension} {value}"
