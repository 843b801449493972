"""What the kernel knows of processes: descendants, listening sockets, ends. Linux only."""

import os
import select
from collections.abc import Iterable
from pathlib import Path

PROC = Path("/proc")
LISTENING = "0A"


def descendants(pid: int) -> set[int]:
    """All processes that `pid` brought about, directly or not."""
    found: set[int] = set()
    for task in (PROC / str(pid) / "task").glob("*/children"):
        for child in task.read_text().split():
            found |= {int(child)} | descendants(int(child))
    return found


def addresses(pids: Iterable[int]) -> set[str]:
    """The addresses on which these processes listen, as the kernel writes them."""
    sockets = {_target(each) for pid in pids for each in (PROC / str(pid) / "fd").glob("*")}
    lines = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in (PROC / "net" / table).read_text().splitlines()[1:]
    ]
    return {
        fields[1].partition(":")[0]
        for fields in lines
        if fields[3] == LISTENING and f"socket:[{fields[9]}]" in sockets
    }


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except FileNotFoundError:  # closed meanwhile
        return ""


def still_alive(pids: Iterable[int], patience_s: float = 10) -> set[int]:
    """Which of these processes have not ended after waiting for each of them."""
    return {pid for pid in pids if not _ends(pid, patience_s)}


def _ends(pid: int, patience_s: float) -> bool:
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], patience_s)[0])
    finally:
        os.close(handle)
