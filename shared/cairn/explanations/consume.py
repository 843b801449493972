"""Writes the narratives that were ordered; what cannot be written now is left for later."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Protocol

from pydantic import ValidationError

from cairn.decisions.record import Record
from cairn.explanations.explain import templated
from cairn.explanations.model import Narrative, NarrativeOrder
from cairn.platform.errors import StoreUnavailable

type Fate = Literal["written", "there", "gone", "malformed", "store_unavailable"]

RETURNED: Final[frozenset[Fate]] = frozenset({"malformed", "store_unavailable"})
"""What the queue gets back: to try again and, in the end, to bury."""


class Desk(Protocol):
    """Reads decisions and keeps narratives."""

    def read(self, workspace: str, decision_id: str) -> tuple[Record | None, Narrative | None]:
        """A decision and its narrative."""
        ...

    def keep(self, workspace: str, decision_id: str, narrative: Narrative) -> None:
        """Keeps a narrative."""
        ...


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message from the explanations queue."""

    message_id: str
    body: str


def consume(
    messages: Sequence[Delivered], desk: Desk, clock: Callable[[], datetime]
) -> dict[str, Fate]:
    """What became of each message, by its id; those in `RETURNED` must come again."""
    return {each.message_id: _taken(each, desk, clock()) for each in messages}


def _taken(message: Delivered, desk: Desk, now: datetime) -> Fate:
    try:
        order = NarrativeOrder.model_validate_json(message.body)
        return _written(order, desk, now)
    except ValidationError:
        return "malformed"
    except StoreUnavailable:
        return "store_unavailable"


def _written(order: NarrativeOrder, desk: Desk, now: datetime) -> Fate:
    record, narrative = desk.read(order.workspace, order.decision_id)
    if record is None:
        return "gone"
    if narrative is not None:
        return "there"
    desk.keep(order.workspace, order.decision_id, templated(record, now))
    return "written"
