"""What tests of model calls share: providers, a scripted client, time that passes when told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cairn.llm.caller import Caller
from cairn.llm.calling import Models, World
from cairn.llm.documents import ModelsDocument
from cairn.llm.model import Called, ToolAsk, ToolReply, ToolSchema
from cairn.llm.question import FaultOf
from cairn.platform.clock import Deadline
from cairn.platform.fallback_state import FallbackState
from cairn.platform.lanes import Lanes
from cairn.platform.shared_state import MemoryState, SharedState
from tests.fakes.model_client import ScriptedClient, Turn
from tests.fakes.ticks import Ticks

START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
ASK = ToolAsk("You choose a step.", "step: start", ToolSchema("propose_next_step", "", {}), 200)
DEADLINE_MS = 1_500.0
RESERVE_MS = 10.0
PRICES = {"from": "2026-01-01", "uncached": 1, "cached": 0.1, "written": 1.25, "output": 4}


def models(*ids: str, **fields: object) -> ModelsDocument:
    """A document with these providers, which cost `PRICES`."""
    providers = [
        {"id": each, "base_url": f"https://{each}.example/v1", "model": "m", "prices": [PRICES]}
        for each in ids
    ]
    return ModelsDocument.model_validate({"providers": providers, **fields})


@dataclass(slots=True)
class Calling:
    """An instance that calls models.

    Attributes:
        turns: what the providers do.
        shared: the state of all instances; the process's own where there is none.
        pauses: how long it waited, in seconds, each time.
        paused: happens during each wait.
        payloads: whether spans hold what was asked and answered.
    """

    turns: dict[str, list[Turn]]
    ticks: Ticks = field(default_factory=Ticks)
    shared: SharedState | None = None
    pauses: list[float] = field(default_factory=list)
    paused: Callable[[], None] = lambda: None
    payloads: bool = False
    client: ScriptedClient = field(init=False)
    models: Models = field(init=False)
    _began_s: float = field(init=False)

    def __post_init__(self) -> None:
        self._began_s = self.ticks.now_s
        self.client = ScriptedClient(self.ticks, self.turns)
        shared = self.shared
        world = World(
            state=FallbackState(
                (lambda: shared) if shared else None, MemoryState(self.ticks), Lanes(1)
            ),
            clock=lambda: START + timedelta(seconds=self.ticks.now_s - self._began_s),
            pause=self._pause,
            chance=lambda: 0.5,
            payloads=self.payloads,
        )
        self.models = Models(self.client, world)

    def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.ticks.pass_s(seconds)
        self.paused()

    def call(
        self,
        document: ModelsDocument,
        *,
        ask: ToolAsk = ASK,
        subject: str | None = "u-42",
        deadline_ms: float = DEADLINE_MS,
        fault_of: FaultOf[ToolReply] = lambda _: None,
    ) -> Called[ToolReply]:
        """One call in the workspace `demo`."""
        return self.models.tool(
            self.caller(document, subject=subject, deadline_ms=deadline_ms), ask, fault_of
        )

    def caller(
        self,
        document: ModelsDocument,
        *,
        workspace: str = "demo",
        subject: str | None = None,
        deadline_ms: float = DEADLINE_MS,
    ) -> Caller:
        """Who calls."""
        deadline = Deadline.within(deadline_ms, self.ticks)
        return Caller(workspace, subject, document, deadline, RESERVE_MS)
