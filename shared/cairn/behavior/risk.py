"""Abandonment risk: how probable it is that a visit ends without what it was wanted for.

The model is a logistic regression on ramps of log1p(x), with x the pages or the seconds that a
session spent on a kind of page, one intercept per type of visitor, and Platt scaling (Platt 1999)
on top. All its numbers stand in `risk.json`, with where they come from and how well they did on
sessions that the fit never saw; `cairn fit risk` writes that file.

    logit_v = intercept_v + sum of weight * (log1p(min(x, high)) - log1p(min(x, low)))
    risk_v  = 1 - 1 / (1 + exp(-(slope * logit_v + offset)))

over the terms of everybody and of the visitor's own type v. Where the type is unknown, the risk
is the average over the types by their share.

**What it is calibrated for: finished sessions.** In the data each row is a whole visit. In the
middle of one, the number says: if the visit ended as it stands, this would be the risk. No weight
is negative, so nothing that a visitor still does can raise it: what was done so far is a lower
bound of the whole visit's engagement, and so the number is an upper bound of what it will be at
the end, never a forecast. (Learning late which type of visitor it is may move it either way.)
It falls as a visit goes on; compare visits with a threshold, or at the
same step, not an early moment with a late one. And it speaks for the shop of the data set: on
other sites it still tells long visits from short ones, but fit it anew before trusting its level.
"""

import json
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from cairn.behavior.summary import NOTHING, Summary

WEIGHTS: Final = Path(__file__).with_name("risk.json")
"""The published weights."""

DIGITS: Final = 3
"""Decimals of a risk; more would be noise."""


class _Part(BaseModel):
    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")


class Term(_Part):
    """What one stretch of one quantity adds to the logit of a conversion.

    Attributes:
        kind: of pages.
        of: whether their number or the seconds on them count.
        visitor: whom the term is for; everybody, where None.
        low: where the stretch begins, in pages or seconds.
        high: where it ends; None for nowhere.
        weight: per unit of log1p; never negative.
    """

    kind: str
    of: Literal["pages", "seconds"]
    visitor: str | None = None
    low: Annotated[float, Field(ge=0)] = 0.0
    high: float | None = None
    weight: Annotated[float, Field(ge=0)]

    def value(self, summary: Summary) -> float:
        """How far a session came along the stretch, on the scale of log1p."""
        seen = summary.seen.get(self.kind, NOTHING)
        amount = seen.pages if self.of == "pages" else seen.duration_ms / 1_000
        reached = amount if self.high is None else min(amount, self.high)
        return max(0.0, math.log1p(reached) - math.log1p(self.low))


class Visitor(_Part):
    """A type of visitor.

    Attributes:
        share: of all visitors that the fit saw, 0 to 1.
        intercept: the logit of a conversion where every term is 0.
    """

    share: Annotated[float, Field(gt=0, le=1)]
    intercept: float


class Calibration(_Part):
    """Platt scaling of the logit."""

    slope: Annotated[float, Field(gt=0)]
    offset: float


class RiskModel(_Part):
    """All numbers of the model.

    Attributes:
        dimension: the declared dimension that tells the types of visitors.
        visitors: by the dimension's value.
    """

    dimension: str
    visitors: Annotated[Mapping[str, Visitor], Field(min_length=1)]
    terms: tuple[Term, ...]
    calibration: Calibration

    def logit(self, summary: Summary, visitor: str) -> float:
        """The logit of a conversion before calibration, for one type of visitor."""
        counting = (term for term in self.terms if term.visitor in {None, visitor})
        added = math.fsum(term.weight * term.value(summary) for term in counting)
        return self.visitors[visitor].intercept + added

    def risk(self, summary: Summary) -> float:
        """The probability, 0 to 1, that a finished session like this one did not convert."""
        shown = summary.dimensions.get(self.dimension, "")
        types = [shown] if shown in self.visitors else [*self.visitors]
        total = math.fsum(self.visitors[each].share for each in types)
        converting = math.fsum(
            self.visitors[each].share / total * self._calibrated(self.logit(summary, each))
            for each in types
        )
        return 1.0 - converting

    def knows(self, kind: str) -> bool:
        """Whether pages of a kind say anything to the model."""
        return any(term.kind == kind for term in self.terms)

    def _calibrated(self, logit: float) -> float:
        return 1.0 / (1.0 + math.exp(-(self.calibration.slope * logit + self.calibration.offset)))


def abandonment_risk(summary: Summary) -> float | None:
    """The risk of a session as it stands, 0 to 1; see the module for what it means mid-visit.

    A session that converted has none. One that saw no page of a kind that the model knows is
    unlike any that the model was fitted on: there is nothing to go on, and the answer is None.
    """
    if summary.converted:
        return 0.0
    model = published()
    if not any(model.knows(kind) and seen.pages for kind, seen in summary.seen.items()):
        return None
    return round(model.risk(summary), DIGITS)


@cache
def published() -> RiskModel:
    """The model with the published weights, read once per process."""
    return RiskModel.model_validate(json.loads(WEIGHTS.read_text())["model"])
