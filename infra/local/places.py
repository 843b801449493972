"""Where the local stack keeps its files: below `.cairn`, which is never committed."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".cairn"
EMULATOR = HOME / "emulator"
"""The emulator's own Python environment."""

CLOUD = HOME / "cloud"
"""Synthesized templates and their assets, by what they were made from."""

PACKED = HOME / "packed"
"""Zipped assets by their hash, so that a restart need not zip them again."""

UNPACKED = HOME / "unpacked"
"""Layers as the functions import them, by their hash."""

RUNS = HOME / "runs"
STATE = Path(os.environ.get("CAIRN_STATE", HOME / "local.json"))
"""The running stack's facts; another file lets a second stack run beside the first."""

LOGS = STATE.parent / "logs"
"""What the running stack's processes print."""


@contextmanager
def run_folder() -> Iterator[Path]:
    """A folder for one run's temporary files, gone afterwards.

    What a killed run left behind is removed by the next one.
    """
    RUNS.mkdir(parents=True, exist_ok=True)
    for old in RUNS.iterdir():
        if not is_alive(int(old.name.partition("-")[0])):
            shutil.rmtree(old, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=RUNS))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def alone() -> Iterator[None]:
    """Holds the only lock on what runs share below `.cairn`; waits for whoever has it."""
    HOME.mkdir(exist_ok=True)
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_alive(pid: int) -> bool:
    """Whether a process with this id exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
