"""What tokens cost on a day."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from cairn.llm.documents import Prices
from cairn.llm.model import Usage

TOKENS_PER_PRICE: Final = 1_000_000


def holding(prices: Sequence[Prices], day: date) -> Prices | None:
    """The prices of a day: the latest that have begun, or the earliest where none has.

    None where there are no prices at all: then tokens cost nothing.
    """
    begun = [each for each in prices if each.since <= day]
    if begun:
        return max(begun, key=lambda each: each.since)
    return min(prices, key=lambda each: each.since, default=None)


def cost_usd(usage: Usage, prices: Prices | None) -> float:
    """What these tokens cost in USD; `lost` ones have their cost with their own attempt."""
    if prices is None:
        return 0.0
    millionths = (
        usage.uncached * prices.uncached
        + usage.cached * prices.cached
        + usage.written * prices.written
        + (usage.output + usage.reasoning) * prices.output
    )
    return millionths / TOKENS_PER_PRICE
