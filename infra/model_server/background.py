"""A model server beside the caller, for proofs and tests: in a thread of this process."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread

from infra.local.ports import url
from infra.model_server.scenario import SCENARIOS
from infra.model_server.server import Theatre, serving


@dataclass(frozen=True, slots=True)
class Playing:
    """A running server.

    Attributes:
        address: without a path, such as `http://127.0.0.1:8701`.
    """

    address: str
    theatre: Theatre

    def base_url(self, scenario: str) -> str:
        """The base URL under which a scenario is played."""
        return f"{self.address}/scenarios/{scenario}/v1"


@contextmanager
def playing(scenario: str = "good", *, latency_ms: float = 0.0) -> Iterator[Playing]:
    """Serves on any free port until the context ends."""
    theatre = Theatre(SCENARIOS[scenario], latency_ms)
    loop, ready, ports = asyncio.new_event_loop(), Event(), list[int]()
    over = asyncio.Event()

    async def serve() -> None:
        async with serving(theatre, 0) as port:
            ports.append(port)
            ready.set()
            await over.wait()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            try:
                runner.run(serve())
            finally:
                ready.set()

    thread = Thread(target=run, name="model-server", daemon=True)
    thread.start()
    ready.wait()
    try:
        yield Playing(url(ports[0]), theatre)
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
