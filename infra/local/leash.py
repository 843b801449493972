"""Holds one child process and ends it, with all its descendants, as soon as its owner is gone.

    python -I leash.py OWNER_FD COMMAND [ARGUMENT …]

OWNER_FD is the reading end of a pipe whose other end only the owner holds: it closes when the owner
lets go or dies, by whatever signal, on every system. The child gets a process group of its own;
on Linux it also dies when this process is killed. Exits with the child's code.
"""

import ctypes
import os
import select
import signal
import sys
import time
from types import FrameType

GRACE_S = 2.0
"""How long the group may take to end by itself before it is killed."""

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def main(arguments: list[str]) -> int:
    """Runs the command until it ends or the owner is gone."""
    owner, command = int(arguments[0]), arguments[1:]
    woken = _wake_on_child_exit()
    signal.signal(signal.SIGTERM, _leave)
    _adopt_orphans()
    child = _start(command, owner)
    try:
        return _watch(child, owner, woken)
    finally:
        _end_group(child)


def _wake_on_child_exit() -> int:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    signal.set_wakeup_fd(writing)
    return reading


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + signal.SIGTERM)


def _adopt_orphans() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def _start(command: list[str], owner: int) -> int:
    leash = os.getpid()
    child = os.fork()
    if child:
        return child
    try:
        os.close(owner)
        os.setpgid(0, 0)
        _die_with(leash)
        os.execvp(command[0], command)  # noqa: S606  # our own words, no shell wanted
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        sys.stderr.flush()
    os._exit(127)


def _die_with(leash: int) -> None:
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != leash:
        os._exit(0)


def _watch(child: int, owner: int, woken: int) -> int:
    while True:
        ready, _, _ = select.select([owner, woken], [], [])
        ended = _reap()
        if child in ended:
            return ended[child]
        if owner in ready:
            return 0
        os.read(woken, 1024)


def _end_group(child: int) -> None:
    deadline = time.monotonic() + GRACE_S
    _signal_group(child, signal.SIGTERM)
    while _signal_group(child, 0) and time.monotonic() < deadline:
        _reap()
        time.sleep(0.02)
    _signal_group(child, signal.SIGKILL)


def _signal_group(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # macOS does not permit it on mere zombies
        return False
    return True


def _reap() -> dict[int, int]:
    """Exit codes by process id, of the child and of orphans that came to us."""
    ended: dict[int, int] = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if not pid:
            return ended
        code = os.waitstatus_to_exitcode(status)
        ended[pid] = code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
