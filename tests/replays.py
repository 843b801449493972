"""Replays of what a house decided, over an archive in the process."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import JsonValue

from cairn.configuration.model import Kind, Snapshot
from cairn.decisions.consulted import Published
from cairn.decisions.decide import DecisionResult
from cairn.decisions.finding import Finding
from cairn.decisions.model_port import Order
from cairn.decisions.plan_cache import PlanCache
from cairn.decisions.record import Record
from cairn.decisions.replay import ReplayRequest, ReplayView
from cairn.decisions.replaying import Replays
from cairn.decisions.surfaces.form.model import Shown
from cairn.decisions.surfaces.form.surface import FORM
from cairn.platform.clock import Deadline
from tests.fakes.models import ScriptedModels
from tests.flows import field, flow, rule, step
from tests.house import LANES, House, published
from tests.words import words

LLM = Order(("rules", "llm"))
OTHER = flow(
    step("one", field("a", required=True)),
    step("two", field("b", required=True)),
    rules=[rule("r", "two", {"answers.a": "x"})],
)


@dataclass
class MemoryArchive:
    """See `Archive`; `other` is version 2 of the flow."""

    now: Snapshot
    other: Snapshot

    def find(self, workspace: str, decision_id: str, now: datetime) -> Record | None:  # noqa: ARG002  # the port's words
        """Nobody asks for it here."""
        return None

    def published(self, workspace: str, kind: Kind, name: str, version: int) -> Published | None:  # noqa: ARG002  # the same
        """Version 2."""
        found = self.other.documents[f"{kind}/{name}"]
        return Published(version=2, digest=found.digest) if version == 2 else None

    def snapshot(self, workspace: str, documents: Mapping[str, Published]) -> Snapshot:
        """By digest."""
        every = [*self.now.documents.values(), *self.other.documents.values()]
        by_digest = {each.digest: each for each in every}
        return Snapshot(
            workspace,
            0,
            {
                name: replace(by_digest[each.digest], version=each.version)
                for name, each in documents.items()
            },
        )


def replayed(
    house: House,
    made: DecisionResult,
    order: Order | None = LLM,
    live: ScriptedModels | None = None,
    **asked: Any,  # noqa: ANN401  # a request
) -> ReplayView[JsonValue]:
    """A replay of what a house decided, as the record comes back from a table."""
    record = Record.model_validate_json(made.record.model_dump_json())
    plans = PlanCache(FORM, Finding[Shown], None, LANES, house.ticks)
    replays = Replays(FORM, words(order), plans, Finding[Shown], live or ScriptedModels())
    archive = MemoryArchive(house.desk.snapshot, published(OTHER, None))
    reported = len(house.desk.reported)
    view = replays.replay(
        archive, record, ReplayRequest(**asked), Deadline.within(5_000, house.ticks)
    )
    assert len(house.desk.reported) == reported
    return view
