"""A model server as a process of its own, for measuring: its work is not ours."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from infra.local import ports, supervise

PATIENCE_S: Final = 20.0
POLL_S: Final = 0.02
NAME: Final = "model server"


def command(scenario: str, port: int, latency_ms: float = 0.0) -> list[str]:
    """The program that plays a scenario on loopback `port`."""
    asked = ["--scenario", scenario, "--port", str(port), "--latency-ms", str(latency_ms)]
    return [sys.executable, "-P", "-m", "infra.cli.main", "model-server", *asked]


@contextmanager
def served(scenario: str = "good", *, latency_ms: float = 0.0) -> Iterator[str]:
    """Serves until the context ends; gives the address without a path.

    Raises:
        LocalError: it does not start.
    """
    port = ports.free_port()
    with TemporaryDirectory() as folder:
        log = Path(folder) / "model-server.log"
        with supervise.start(NAME, command(scenario, port, latency_ms), log=log) as child:
            deadline = time.monotonic() + PATIENCE_S
            while not ports.is_open(port) and time.monotonic() < deadline:
                child.check()
                time.sleep(POLL_S)
            yield ports.url(port)
