"""Fits the abandonment risk: see `cairn.behavior.risk` for what the model is.

Weights below zero would say that more of something keeps a visitor from converting; a term that
comes out so is left out, the worst one first, until none is left (an active set from above). Platt
scaling is fitted on logits that each session got from a fit which had not seen it (five folds).
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, Literal

from cairn.behavior.risk import Calibration, RiskModel, Term, Visitor
from infra.fit.newton import logistic
from infra.fit.visits import VISITOR_TYPE, Visit
from infra.proof import Unmeasurable

NEW: Final = "New_Visitor"
RETURNING: Final = "Returning_Visitor"
TYPES: Final = (NEW, RETURNING)

FOLDS: Final = 5
RIDGE: Final = 1.0
"""How much a term's weight is held back; an intercept is not."""

DIGITS: Final = 6
"""Decimals of a published number."""


def _over_time(visitor: str) -> list[Term]:
    """The time on products, in three stretches: half a minute, five minutes, and what is over."""
    edges = (0.0, 30.0, 300.0, None)
    return [_term("product", "seconds", visitor, low or 0.0, high) for low, high in pairwise(edges)]


def _term(
    kind: str,
    of: Literal["pages", "seconds"],
    visitor: str | None = None,
    low: float = 0.0,
    high: float | None = None,
) -> Term:
    return Term(kind=kind, of=of, visitor=visitor, low=low, high=high, weight=0.0)


CANDIDATES: Final = (
    *(_term("administrative", "pages", visitor) for visitor in TYPES),
    _term("administrative", "seconds"),
    _term("informational", "seconds"),
    *(term for visitor in TYPES for term in _over_time(visitor)),
)
"""What may matter; chosen by cross-validation over the sessions that are not held out."""


def fitted(visits: Sequence[Visit]) -> RiskModel:
    """The model of these sessions; those of visitors of neither type teach it nothing.

    Raises:
        Unmeasurable: what they did says nothing about whether they convert.
    """
    typed = [visit for visit in visits if visit.visitor in TYPES]
    model = _chosen(typed)
    return model.model_copy(update={"calibration": _calibration(model, typed)})


def _chosen(visits: Sequence[Visit]) -> RiskModel:
    """The fit with every candidate whose weight is not negative."""
    terms = CANDIDATES
    while True:
        model, weights = _fit(terms, visits)
        if min(weights) >= 0:
            return model
        worst = weights.index(min(weights))
        terms = (*terms[:worst], *terms[worst + 1 :])


def _fit(terms: Sequence[Term], visits: Sequence[Visit]) -> tuple[RiskModel, list[float]]:
    """A fit with just these terms: the model (weights cut at 0), and the weights as they came."""
    rows = [_row(terms, visit) for visit in visits]
    ridge = [*(0.0 for _ in TYPES), *(RIDGE for _ in terms)]
    found = logistic(rows, [visit.converted for visit in visits], ridge)
    intercepts, weights = found[: len(TYPES)], found[len(TYPES) :]
    model = RiskModel(
        dimension=VISITOR_TYPE,
        visitors={
            visitor: Visitor(share=_share(visitor, visits), intercept=round(intercept, DIGITS))
            for visitor, intercept in zip(TYPES, intercepts, strict=True)
        },
        terms=tuple(_weighted(*each) for each in zip(terms, weights, strict=True)),
        calibration=Calibration(slope=1.0, offset=0.0),
    )
    return model, weights


def _row(terms: Sequence[Term], visit: Visit) -> list[float]:
    own = visit.visitor
    values = (term.value(visit.summary) if term.visitor in {None, own} else 0.0 for term in terms)
    return [*(float(own == visitor) for visitor in TYPES), *values]


def _share(visitor: str, visits: Sequence[Visit]) -> float:
    return round(sum(visit.visitor == visitor for visit in visits) / len(visits), DIGITS)


def _weighted(term: Term, weight: float) -> Term:
    return term.model_copy(update={"weight": max(0.0, round(weight, DIGITS))})


def _calibration(model: RiskModel, visits: Sequence[Visit]) -> Calibration:
    """Platt scaling on logits of fits that had not seen the session."""
    rows: list[tuple[float, float]] = []
    happened: list[bool] = []
    for fold in range(FOLDS):
        unseen = [visit for place, visit in enumerate(visits) if place % FOLDS == fold]
        others = [visit for place, visit in enumerate(visits) if place % FOLDS != fold]
        apart, _ = _fit(model.terms, others)
        rows += [(apart.logit(visit.summary, visit.visitor), 1.0) for visit in unseen]
        happened += [visit.converted for visit in unseen]
    slope, offset = logistic(rows, happened, (0.0, 0.0))
    if slope <= 0:
        raise Unmeasurable("What these sessions did says nothing about whether they convert.")
    return Calibration(slope=round(slope, DIGITS), offset=round(offset, DIGITS))
