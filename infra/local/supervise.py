"""Child processes that cannot outlive us: each is held by a leash (see `leash.py`)."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from infra.local.failure import LocalError

LEASH = Path(__file__).with_name("leash.py")
STOP_S = 5.0
"""Longer than the leash's own grace."""

INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE")
"""What a child sees of our environment: nothing that could leak into a function."""


@dataclass(frozen=True, slots=True)
class Child:
    """A running child process.

    Attributes:
        name: What people call it.
        log: The file with everything it printed.
    """

    name: str
    log: Path
    _leash: subprocess.Popen[bytes]
    _hold: BinaryIO

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The leash's process id; the child's is the leash's only child."""
        return self._leash.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._leash.poll() is None

    def wait(self) -> int:
        """Its exit code, once it has ended by itself."""
        return self._leash.wait()

    def check(self) -> None:
        """Raises a `LocalError` with its last words if it has ended."""
        code = self._leash.poll()
        if code is not None:
            ended = f"The {self.name} stopped with exit code {code}; see {self.log}."
            raise LocalError(ended + self._last_words())

    def stop(self) -> None:
        """Ends it and all its descendants; returns when they are gone."""
        self._hold.close()
        try:
            self._leash.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._leash.kill()
            self._leash.wait()

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return f" It last said: {lines[-1]}" if lines else ""


def start(
    name: str, command: Sequence[str], *, log: Path, environment: Mapping[str, str] | None = None
) -> Child:
    """Starts `command` on a leash.

    Args:
        name: What people call it, for messages.
        command: The program and its arguments.
        log: Receives its standard output and error; emptied first.
        environment: Its variables, beside the few that it inherits.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    reading, hold = os.pipe()
    inherited = {key: os.environ[key] for key in INHERITED if key in os.environ}
    try:
        with log.open("wb") as output:
            leash = subprocess.Popen(  # noqa: S603  # our own words, no shell
                [sys.executable, "-I", str(LEASH), str(reading), *command],
                env={**inherited, **(environment or {})},
                pass_fds=[reading],
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
    finally:
        os.close(reading)
    return Child(name, log, leash, os.fdopen(hold, "wb"))
