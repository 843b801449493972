"""How an experiment was meant to split its subjects, and whether that changed while it ran."""

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from itertools import pairwise
from typing import Final, Self

from pydantic import BaseModel, ConfigDict

from cairn.flags.documents import RuleDocument

PLACING: Final = (
    "by",
    "fallback_by",
    "filters",
    "hash_version",
    "holdout",
    "min_bucket_version",
    "namespace",
    "seed",
    "when",
)
"""What of a rule, besides its weights, decides who is in the experiment and who gets what."""

COMPARED: Final = 2
"""A control and something beside it."""


class Design(BaseModel):
    """How subjects are split.

    Attributes:
        weights: by variation; of any sum.
        placing: stands for whom the rule concerns and how it places them.
        since: when this was first seen so.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    weights: Mapping[str, float]
    placing: str
    since: datetime

    def compares(self, control: str) -> bool:
        """Whether both the control and another variation get subjects."""
        shares = [weight for weight in self.weights.values() if weight > 0]
        return self.weights.get(control, 0) > 0 and len(shares) >= COMPARED

    def same_as(self, other: Self) -> bool:
        """Whether subjects are split alike, whenever that was first seen."""
        return dict(self.weights) == dict(other.weights) and self.placing == other.placing


def design_of(rule: RuleDocument, now: datetime) -> Design:
    """The design that a rule is; coverage and ramps are no part of it, as they move nobody."""
    return Design(weights=weights_of(rule), placing=_placing(rule), since=now)


def weights_of(rule: RuleDocument) -> dict[str, float]:
    """The designed weights of a rule's variations: those of its split, or lengths of its ranges.

    Where ranges overlap, the first one has the subjects.
    """
    split = rule.split or {}
    if rule.ranges is None:
        return dict(split)
    weights: dict[str, float] = {}
    taken: list[tuple[float, float]] = []
    for name in split:
        start, end = rule.ranges.get(name, (0.0, 0.0))
        weights[name] = _free(start, end, taken)
        taken.append((start, end))
    return weights


def _free(start: float, end: float, taken: list[tuple[float, float]]) -> float:
    """How much of a range nobody has taken."""
    edges = sorted({start, end, *(edge for each in taken for edge in each if start < edge < end)})
    pieces = pairwise(edges)
    return sum(
        right - left
        for left, right in pieces
        if not any(low <= left and right <= high for low, high in taken)
    )


def _placing(rule: RuleDocument) -> str:
    told = rule.model_dump(mode="json", include=set(PLACING))
    return blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=8).hexdigest()
