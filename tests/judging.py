"""An experiment to be judged in tests: its documents, and counts as the fold writes them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cairn.configuration.model import Kind
from cairn.metrics.series import GLUE

type Json = Mapping[str, Any]  # Any: JSON

STARTED: Final = datetime(2026, 11, 10, tzinfo=UTC)
NOW: Final = STARTED + timedelta(days=10)

EXPERIMENT: Final = "headline"
CONTROL, OTHER = "plain", "bold"

PURCHASES: Final[Json] = {
    "kind": "metric",
    "id": "purchases",
    "type": "proportion",
    "event": "conversion.completed",
    "where": {"name": "purchase"},
}
ERRORS: Final[Json] = {
    "kind": "metric",
    "id": "errors",
    "type": "proportion",
    "event": "error.raised",
    "direction": "down",
}
FLAG: Final[Json] = {
    "kind": "flag",
    "id": "headline-text",
    "type": "string",
    "variations": {CONTROL: "Hello", OTHER: "HELLO"},
    "default": CONTROL,
    "rules": [{"id": "compare", "experiment": EXPERIMENT, "split": {CONTROL: 0.5, OTHER: 0.5}}],
}
FLOW: Final[Json] = {"kind": "flow", "id": "signup", "variants": {"flag": "headline-text"}}
"""As much of a flow as says that decisions serve the variations."""

DOCUMENT: Final[Json] = {
    "kind": "experiment",
    "id": EXPERIMENT,
    "hypothesis": "Loud words sell.",
    "flag": "headline-text",
    "control": CONTROL,
    "metrics": ["purchases"],
    "guardrails": [{"metric": "errors", "margin": 0.1}],
    "rollback": True,
    "started": STARTED.isoformat(),
}


def documents(*, flag: Json = FLAG, **fields: object) -> dict[tuple[Kind, str], Json]:
    """Everything that is published, with other fields of the experiment."""
    return {
        (Kind.METRIC, "purchases"): PURCHASES,
        (Kind.METRIC, "errors"): ERRORS,
        (Kind.FLAG, "headline-text"): flag,
        (Kind.FLOW, "signup"): FLOW,
        (Kind.EXPERIMENT, EXPERIMENT): {**DOCUMENT, **fields},
    }


def counters(variation: str, exposed: int, *, purchases: int, errors: int) -> dict[str, int]:
    """One arm, as the fold counts it."""
    return {
        GLUE.join((variation, "exposed")): exposed,
        GLUE.join((variation, "purchases", "n")): purchases,
        GLUE.join((variation, "errors", "n")): errors,
    }


QUIET: Final = {
    **counters(CONTROL, 1_000, purchases=100, errors=200),
    **counters(OTHER, 1_010, purchases=104, errors=203),
}
"""Nothing to see."""

HARMFUL: Final = {
    **counters(CONTROL, 5_000, purchases=500, errors=500),
    **counters(OTHER, 5_030, purchases=510, errors=1_500),
}
"""The other variation makes thrice the errors."""

LOPSIDED: Final = {
    **counters(CONTROL, 5_000, purchases=500, errors=500),
    **counters(OTHER, 4_000, purchases=400, errors=400),
}
"""A fifth of the other variation's subjects is missing."""

WINNING: Final = {
    **counters(CONTROL, 20_000, purchases=2_000, errors=2_000),
    **counters(OTHER, 20_100, purchases=2_600, errors=1_900),
}
"""The other variation sells more, and makes no more errors."""
