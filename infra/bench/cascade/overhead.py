"""One model call by us beside the same call by the bare SDK, to the same server, in turns.

The server is a process of its own, so that CPU time is ours alone. Every call is another question:
identical ones would be made once.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Final, Self

from cairn.llm.caller import Caller
from cairn.llm.calling import Models, World
from cairn.llm.model import ToolAsk, ToolSchema
from cairn.llm.openai_client import OpenAIClient
from cairn.llm.wire import tool_request
from cairn.platform.clock import Deadline
from cairn.platform.fallback_state import FallbackState
from cairn.platform.lanes import Lanes
from cairn.platform.shared_state import MemoryState
from infra.inprocess.callers import WORKSPACE
from infra.model_server.provider import scripted
from infra.proof import Unmeasurable

WARM: Final = 20
DEADLINE_MS: Final = 10_000
RESERVE_MS: Final = 75
ASK: Final = ToolAsk(
    system="You choose the next step of a form. " * 60,
    user="",
    tool=ToolSchema(
        name="propose_next_step",
        description="Propose the next step.",
        parameters={
            "type": "object",
            "properties": {
                "step_id": {"type": "string", "enum": [f"step_{n}" for n in range(10)]},
                "field_ids": {
                    "type": "array",
                    "items": {"type": "string", "enum": [f"field_{n}" for n in range(20)]},
                },
                "reasoning": {"type": "string"},
                "confidence": {"type": "number"},
            },
            "required": ["step_id", "field_ids", "reasoning", "confidence"],
            "additionalProperties": False,
        },
    ),
    max_output_tokens=400,
)
"""About as large as what a flow asks."""

type Call = Callable[[ToolAsk], object]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one call took, in milliseconds."""

    cpu_ms: float
    wall_ms: float


@dataclass(frozen=True, slots=True)
class Pair:
    """The same call in both ways, one right after the other."""

    ours: Cost
    bare: Cost


def measure(rounds: int, address: str) -> Iterator[Pair]:
    """Pairs of calls, after some that only warm up; who begins changes from pair to pair."""
    with (
        closing(OpenAIClient(lambda _, provider: str(provider.key))) as client,
        _Bare(address) as sdk,
    ):
        ours, bare = _ours(client, address), sdk.call
        for number in range(WARM + rounds):
            ask = replace(ASK, user=f'{{"visit": {number}, "answered": ["goal", "role"]}} ' * 8)
            if number % 2:
                second, first = _cost(bare, ask), _cost(ours, ask)
            else:
                first, second = _cost(ours, ask), _cost(bare, ask)
            if number >= WARM:
                yield Pair(first, second)


def _cost(call: Call, ask: ToolAsk) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    call(ask)
    return Cost((time.process_time() - cpu) * 1000, (time.perf_counter() - wall) * 1000)


def _ours(client: OpenAIClient, address: str) -> Call:
    models = Models(client, World(FallbackState(None, MemoryState(), Lanes())))
    document = scripted(f"{address}/v1")

    def call(ask: ToolAsk) -> object:
        deadline = Deadline.within(DEADLINE_MS)
        called = models.tool(Caller(WORKSPACE, "subject", document, deadline, RESERVE_MS), ask)
        if called.failure is not None:
            raise Unmeasurable(f"The scripted model did not answer: {called.failure.detail}")
        return called

    return call


class _Bare:
    """The SDK as it comes, with nothing around it."""

    def __init__(self, address: str) -> None:
        from openai import OpenAI  # noqa: PLC0415  # half a second

        self._client = OpenAI(base_url=f"{address}/v1", api_key="any", max_retries=0)
        (self._provider,) = scripted(f"{address}/v1").providers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def call(self, ask: ToolAsk) -> object:
        """The same request."""
        body = tool_request(self._provider, ask)
        return self._client.chat.completions.create(**body)  # type: ignore[call-overload]  # as JSON
