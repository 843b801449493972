"""The experiments that took part in a decision, and whether their variations were served."""

from collections.abc import Iterable
from typing import Final

from pydantic import BaseModel, ConfigDict

from cairn.decisions.finding import Degraded
from cairn.platform.errors import CacheUnavailable

HARMLESS: Final = frozenset({CacheUnavailable("").code})
"""What may be missing without another tier deciding than the variation has."""


class Placed(BaseModel):
    """An experiment that took part in a decision.

    Attributes:
        bucket: where the visitor stands, from 0 (inclusive) to 1 (exclusive).
        sticky: whether the variation was kept from before.
        served: whether what was shown is what the variation would show; not where something was
            missing, so that the answer fell back to something else.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    key: str
    variation: str
    bucket: float
    sticky: bool
    served: bool = True


def as_served(placed: Iterable[Placed], degraded: Iterable[Degraded]) -> tuple[Placed, ...]:
    """The experiments of a decision, once it is known whether anything was missing."""
    fell_back = any(each.code not in HARMLESS for each in degraded)
    return tuple(each.model_copy(update={"served": not fell_back}) for each in placed)
