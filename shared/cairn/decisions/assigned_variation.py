"""The experiments that took part in a decision, and whether their variations were served."""

from collections.abc import Iterable
from typing import Final

from pydantic import BaseModel, ConfigDict

from cairn.decisions.finding import Degraded
from cairn.platform.errors import CacheUnavailable

HARMLESS: Final = frozenset({CacheUnavailable("").code})
"""What may be missing without another tier deciding than the variation has."""


class AssignedVariation(BaseModel):
    """An experiment that took part in a decision.

    Attributes:
        bucket: where the visitor stands, from 0 (inclusive) to 1 (exclusive).
        sticky: whether the variation was kept from before.
        served: whether the visitor saw what the variation has; see `as_served`.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    key: str
    variation: str
    bucket: float
    sticky: bool
    served: bool = True


def as_served(
    placed: Iterable[AssignedVariation], degraded: Iterable[Degraded]
) -> tuple[AssignedVariation, ...]:
    """The experiments of a decision, once it is known whether their variation was served.

    It was, where nothing was missing that would have shown something else:

    - all that the variation says of the flow took effect. Another flow was there to take its
      place; every model that is asked otherwise than by the flow itself was there to be asked.
      Else the flow was decided on as it is, which is told as `variation_unavailable`;
    - no tier on the way to the answer failed, or had no time. Only the cache may be away: the tier
      that decides then is the one that filled it.

    Who decided is of no matter, nor are tiers that were not come to: a rule serves the variation
    of a model, as it does where nothing is varied. A variation that changes nothing always took
    effect; so did one that leaves models out.
    """
    fell_back = any(each.code not in HARMLESS for each in degraded)
    return tuple(each.model_copy(update={"served": not fell_back}) for each in placed)
