"""Facts of a local stack that does not exist."""

import os
from pathlib import Path

from infra.local.state import Keys, Running


def facts(port: int, pid: int | None = None) -> Running:
    names = ("cairn-local-track-event", "cairn-local-explain")
    return Running(
        pid=pid or os.getpid(),
        base_url=f"http://127.0.0.1:{port}",
        endpoint="http://127.0.0.1:1",
        cache_url="redis://127.0.0.1:2",
        resources={"AWS::Lambda::Function": names},
        processes={"front": os.getpid()},
        logs=Path("logs"),
        keys=Keys(secret="sk_local_1", publishable="pk_local_1"),
    )
