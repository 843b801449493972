"""Clients in JavaScript, run by node with the packages that the lock file names."""

import fcntl
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

FOLDER: Final = Path(__file__).parent
LOCKED: Final = FOLDER / "package-lock.json"
INSTALLED: Final = FOLDER / "node_modules" / ".installed"
PATIENCE_S: Final = 60


def run(script: str, *arguments: str) -> str:
    """What a script of this folder prints; a test is skipped where npm reaches no packages."""
    with running(script, *arguments) as process:
        printed, complaint = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, complaint
    return printed


@contextmanager
def running(script: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A script of this folder while it runs; it ends with the context."""
    _install()
    process = subprocess.Popen(  # noqa: S603  # our own scripts
        [_executable("node"), str(FOLDER / script), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def _install() -> None:
    """Installs the packages once, whoever asks first."""
    with (FOLDER / "package.json").open() as guarded:
        fcntl.flock(guarded, fcntl.LOCK_EX)
        if INSTALLED.is_file() and INSTALLED.read_bytes() == LOCKED.read_bytes():
            return
        done = subprocess.run(  # noqa: S603  # our own words
            [_executable("npm"), "ci", "--ignore-scripts", "--loglevel=error"],
            cwd=FOLDER,
            capture_output=True,
            text=True,
            timeout=2 * PATIENCE_S,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"npm could not install the clients: {done.stderr[-500:]}")
        shutil.copyfile(LOCKED, INSTALLED)


def _executable(command: str) -> str:
    found = shutil.which(command)
    assert found is not None, f"{command} is not installed"
    return found
