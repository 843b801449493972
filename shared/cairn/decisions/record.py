"""A decision as it is kept: the answer, and all it takes to explain and replay it."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, JsonValue

from cairn.decisions.assigned_variation import AssignedVariation
from cairn.decisions.cascade import Attempt
from cairn.decisions.consulted import Consulted, Inputs
from cairn.decisions.finding import Degraded, Judgement, Layer, PassedOver, RuleTrace
from cairn.decisions.model import Decision
from cairn.platform.dynamo import Address, Item, Key

SCHEMA: Final = 1
DECISION: Final = "decision"

_DECISION_ID: Final = re.compile(r"dec_[0-9a-f]{32}")


class Record(BaseModel):
    """One decision.

    Attributes:
        subject: pseudonym of the person, if one is known.
        answer: as it was given.
        attributes: what conditions read; personal values are masked.
        step: the step that the plan shows.
        persona: the id of the visitor's persona, if any.
        attempts: every tier that was asked, in order.
        evidence: the rules that mattered.
        degraded: everything that was missing; the answer names the first.
        choice: what was decided, in the surface's own words.
        passed_over: every step that was not shown, and why.
        judgements: what models said, followed or not; a cached finding has the one that it came
            from.
        cache_layer: which cache a cached finding comes from.
        consulted: every question to a model that this decision paid for.
        inputs: what else a replay needs; None where it was made before there were replays.
        placed: the experiments that placed the visitor; the answer names those that were served.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    schema_version: int = SCHEMA
    workspace: str
    surface: str
    decided_at: datetime
    subject: str | None
    answer: Decision[JsonValue]
    attributes: Mapping[str, JsonValue]
    step: str
    persona: str | None
    attempts: tuple[Attempt, ...]
    evidence: tuple[RuleTrace, ...]
    degraded: tuple[Degraded, ...]
    choice: JsonValue = None
    passed_over: tuple[PassedOver, ...] = ()
    judgements: tuple[Judgement, ...] = ()
    cache_layer: Layer | None = None
    consulted: tuple[Consulted, ...] = ()
    inputs: Inputs | None = None
    placed: tuple[AssignedVariation, ...] = ()


class Mark(BaseModel):
    """What is kept of an Idempotency-Key.

    Attributes:
        request: digest of the request that came with it.
        made: id of what that request made.
    """

    model_config = ConfigDict(defer_build=True, frozen=True)

    schema_version: int = SCHEMA
    request: str
    made: str


def is_decision_id(text: str) -> bool:
    """Whether an id may be a decision's at all."""
    return _DECISION_ID.fullmatch(text) is not None


def decision_partition(workspace: str, decision_id: str) -> str:
    """The partition key of everything that is kept of a decision."""
    return f"{workspace}#decision#{decision_id}"


def decision_address(table: str, workspace: str, decision_id: str) -> Address:
    """Where a decision is; for those who read it along with other items."""
    return table, Key(decision_partition(workspace, decision_id), DECISION)


def record_of(item: Item | None, now: datetime) -> Record | None:
    """A decision from its stored item; None where there is none, or its time is over."""
    return Record.model_validate_json(str(item["body"])) if item and lives(item, now) else None


def lives(item: Item, now: datetime) -> bool:
    """Whether an item is not over; tables remove it up to two days later."""
    return int(str(item["expires_at"])) > now.timestamp()
