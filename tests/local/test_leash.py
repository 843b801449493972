"""No child process outlives its owner, however the owner ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import pytest

from infra.local import supervise
from infra.local.failure import LocalError
from infra.local.stack import LocalStack
from tests.local.builders import facts

FAMILY = """
import os, subprocess, sys
fifo, depth = sys.argv[1], int(sys.argv[2])
breath = open(fifo, "w")
if depth:
    subprocess.Popen([sys.executable, __file__, fifo, str(depth - 1)])
breath.write(f"{os.getpid()}\\n")
breath.flush()
STUBBORN
sys.stdin.close()
import threading
threading.Event().wait()
"""
"""Says its process id into a pipe and holds the pipe open as long as it lives; so do its children.
When reading the pipe comes to its end, all of them are gone."""

OWNER = """
import signal
import sys
from pathlib import Path
from infra.local import supervise
for number in (signal.SIGINT, signal.SIGHUP):  # whoever started the tests may ignore them
    signal.signal(number, signal.SIG_DFL)
child = supervise.start("family", sys.argv[2:], log=Path(sys.argv[1]))
print(child.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    return path


def family(folder: Path, fifo: Path, *, children: int = 1, stubborn: bool = False) -> list[str]:
    script = folder / "family.py"
    ignore = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)" if stubborn else ""
    script.write_text(FAMILY.replace("STUBBORN", ignore))
    return [sys.executable, str(script), str(fifo), str(children)]


class Breath:
    """The pipe that a family holds open."""

    def __init__(self, pipe: TextIO, members: int) -> None:
        self._pipe = pipe
        self.eldest = min(int(pipe.readline()) for _ in range(members))

    def is_over(self) -> bool:
        """Waits until nobody holds the pipe any more."""
        return self._pipe.read() == ""


@contextmanager
def born(fifo: Path, members: int = 2) -> Iterator[Breath]:
    """A family once all its members have spoken."""
    with fifo.open() as pipe:
        yield Breath(pipe, members)


@pytest.mark.parametrize("stubborn", [False, True])
def test_a_child_and_its_own_children_are_gone_when_its_context_ends(
    tmp_path: Path, fifo: Path, *, stubborn: bool
) -> None:
    command = family(tmp_path, fifo, stubborn=stubborn)
    with supervise.start("family", command, log=tmp_path / "log") as child, born(fifo) as breath:
        assert child.is_running
        child.stop()
        assert breath.is_over()
        assert not child.is_running


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_child_and_its_own_children_are_gone_when_their_owner_is_killed(
    tmp_path: Path, fifo: Path, number: signal.Signals
) -> None:
    with _owner(tmp_path, family(tmp_path, fifo)) as owner, born(fifo) as breath:
        owner.send_signal(number)
        assert breath.is_over()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_a_child_is_gone_when_its_leash_is_killed(tmp_path: Path, fifo: Path) -> None:
    command = family(tmp_path, fifo, children=0)
    with supervise.start("family", command, log=tmp_path / "log") as child, born(fifo, 1) as breath:
        os.kill(child.pid, signal.SIGKILL)
        assert breath.is_over()


def test_what_a_child_leaves_behind_is_gone_when_it_dies_itself(tmp_path: Path, fifo: Path) -> None:
    command = family(tmp_path, fifo)
    with supervise.start("family", command, log=tmp_path / "log"), born(fifo) as breath:
        os.kill(breath.eldest, signal.SIGKILL)
        assert breath.is_over()


def test_an_ended_child_is_reported_with_its_exit_code_and_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('out of memory'); raise SystemExit(3)"]
    with supervise.start("emulator", command, log=tmp_path / "log") as child:
        child.wait()
        with pytest.raises(LocalError, match=r"emulator stopped with exit code 3.*out of memory"):
            child.check()


def test_a_stack_tells_which_of_its_processes_ended(tmp_path: Path) -> None:
    lasting = [sys.executable, "-c", "import threading; threading.Event().wait()"]
    passing = [sys.executable, "-c", ""]
    with (
        supervise.start("emulator", lasting, log=tmp_path / "1") as emulator,
        supervise.start("front", passing, log=tmp_path / "2") as front,
    ):
        front.wait()
        LocalStack(facts(1), (emulator,), cache=emulator).check()
        with pytest.raises(LocalError, match="The front stopped"):
            LocalStack(facts(1), (emulator, front), cache=emulator).check()


def test_a_stack_goes_on_without_its_cache(tmp_path: Path) -> None:
    lasting = [sys.executable, "-c", "import threading; threading.Event().wait()"]
    passing = [sys.executable, "-c", ""]
    with (
        supervise.start("emulator", lasting, log=tmp_path / "1") as emulator,
        supervise.start("Valkey server", passing, log=tmp_path / "2") as cache,
    ):
        cache.wait()
        stack = LocalStack(facts(1), (emulator,), cache)
        stack.check()
        assert not stack.has_cache


def test_a_program_that_does_not_exist_is_reported(tmp_path: Path) -> None:
    with supervise.start("emulator", ["/no/such/program"], log=tmp_path / "log") as child:
        child.wait()
        with pytest.raises(LocalError, match="No such file"):
            child.check()


def test_a_child_sees_nothing_of_the_environment_but_what_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "private")
    command = [sys.executable, "-c", "import os; print(sorted(os.environ))"]
    log = tmp_path / "log"
    with supervise.start("child", command, log=log, environment={"GIVEN": "1"}) as child:
        child.wait()
    assert "GIVEN" in log.read_text()
    assert "AWS_PROFILE" not in log.read_text()


@contextmanager
def _owner(folder: Path, command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    owner = subprocess.Popen(  # noqa: S603  # our own words
        [sys.executable, "-c", OWNER, str(folder / "log"), *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with owner:
        yield owner
        owner.kill()
