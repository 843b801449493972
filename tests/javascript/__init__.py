"""Clients in JavaScript, run by node with the packages that the lock file names."""

import fcntl
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

FOLDER: Final = Path(__file__).parent
LOCKED: Final = FOLDER / "package-lock.json"
INSTALLED: Final = FOLDER / "node_modules" / ".installed"


def run(script: str, *arguments: str) -> str:
    """What a script of this folder prints; a test is skipped where npm reaches no packages."""
    _install()
    done = _called("node", str(FOLDER / script), *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _install() -> None:
    """Installs the packages once, whoever asks first."""
    with (FOLDER / "package.json").open() as guarded:
        fcntl.flock(guarded, fcntl.LOCK_EX)
        if INSTALLED.is_file() and INSTALLED.read_bytes() == LOCKED.read_bytes():
            return
        done = _called("npm", "ci", "--ignore-scripts", "--loglevel=error")
        if done.returncode:
            pytest.skip(f"npm could not install the clients: {done.stderr[-500:]}")
        shutil.copyfile(LOCKED, INSTALLED)


def _called(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    executable = shutil.which(command)
    assert executable is not None, f"{command} is not installed"
    called: Sequence[str] = [executable, *arguments]
    return subprocess.run(  # noqa: S603  # our own scripts
        called, cwd=FOLDER, capture_output=True, text=True, timeout=120, check=False
    )
