"""What a model proposes, or what is wrong with what it said; the same for every surface."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cairn.behavior.model import Recent
from cairn.decisions.prompts import Prompt

type FaultCode = Literal[
    "truncated",
    "refused",
    "multi_call",
    "wrong_tool",
    "extra_text",
    "empty",
    "duplicate_key",
    "invalid_json",
    "schema",
    "too_large",
    "outside_whitelist",
    "none_of_these",
]
"""Why a model's output is not followed.

`none_of_these` is no error: a decision model says that no candidate fits.
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a model is told beyond the case.

    Attributes:
        recent: the session's last events, by time.
        now: the present, which their ages are counted from.
        prompt: the published prompt of the flow.
    """

    recent: Recent
    now: datetime
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class Proposal[Choice]:
    """What a model proposes: always inside the whitelist.

    Attributes:
        choice: what to show.
        confidence: 0 to 1, as the model says.
        reasoning: the model's own words, redacted and cut; for the record, never for visitors.
        completed: what it forgot and what may not be left out, by id; `choice` has it.
    """

    choice: Choice
    confidence: float
    reasoning: str = ""
    completed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a model's output is not followed.

    Attributes:
        detail: one sentence of ours; nothing that the model wrote.
    """

    code: FaultCode
    detail: str
