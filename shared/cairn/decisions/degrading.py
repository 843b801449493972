"""What an answer says where something was missing: a stable code, and a sentence for people."""

from collections.abc import Mapping
from typing import Final

from cairn.decisions.finding import Degraded
from cairn.decisions.proposal import FaultCode
from cairn.llm.model import FailureCode

VARIATION_UNAVAILABLE: Final = "variation_unavailable"

TOLD: Final[Mapping[str, str]] = {
    "llm_timeout": "The model took too long, so the next best way decided in time.",
    "llm_unavailable": "The model could not be reached, so the next best way decided.",
    "llm_invalid_output": "The model's answer could not be used, so the next best way decided.",
    "llm_refused": "The model declined to answer, so the next best way decided.",
    "budget_exhausted": "The budget for models is used up for now; the next best way decided.",
    "breaker_open": "The model has been failing and is paused; the next best way decided.",
    "out_of_time": "The deadline left no time to ask every tier.",
    VARIATION_UNAVAILABLE: "The variation could not be served, so the flow decided without it.",
}
"""By code; friendly, and without anything that a visitor, a prompt or a model said."""

REFUSED: Final[frozenset[FaultCode]] = frozenset({"refused"})


def degraded_by(code: str) -> Degraded:
    """What is said of a failure."""
    return Degraded(code=code, detail=TOLD[code])


def code_of(fault: FaultCode) -> FailureCode:
    """The code under which a model's unusable output is told."""
    return FailureCode.REFUSED if fault in REFUSED else FailureCode.INVALID_OUTPUT
