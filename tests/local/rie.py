"""Lambda's runtime interface emulator: a binary inside the wheel of `aws-sam-cli`."""

import platform
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from infra.local.places import HOME

VERSION: Final = "1.170.0"
FOLDER: Final = HOME / "rie"
MACHINES: Final = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


def emulator_binary() -> Path:
    """The binary for this machine, fetched by uv the first time, without what the wheel needs.

    Skips the test where it can't be had: it is a Linux binary, and comes over the network.
    """
    if platform.system() != "Linux":
        pytest.skip("the runtime interface emulator is a Linux binary")
    machine = MACHINES[platform.machine()]
    binary = FOLDER / VERSION / "samcli" / "local" / "rapid" / f"aws-lambda-rie-{machine}"
    if not binary.exists():
        _install(FOLDER / VERSION)
    return binary


def _install(folder: Path) -> None:
    wheel = f"aws-sam-cli=={VERSION}"
    shutil.rmtree(FOLDER, ignore_errors=True)
    done = subprocess.run(  # noqa: S603  # our own words, no shell
        ["uv", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), wheel],  # noqa: S607  # whichever runs us
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"{wheel} can't be fetched: {done.stderr.strip()}")
