"""The third-party half of the layer: locked, installed by uv for another machine, trimmed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from layers.recipes import ROOT, Recipe
from layers.trim import trim

type Target = Literal["arm64", "host"]

PLATFORM: Mapping[Target, tuple[str, ...]] = {
    # Lambda's python3.13 is Amazon Linux 2023 with glibc 2.34, so wheels for 2.28 are welcome.
    "arm64": ("--python-platform", "aarch64-manylinux_2_28"),
    "host": (),
}
EXPORT = (
    *("export", "--frozen", "--no-emit-project"),
    *("--format", "requirements-txt", "--no-header", "--no-annotate"),
)


class LayerError(Exception):
    """The layer can't be built as it should be; the message says what to do."""


def export_requirements(recipe: Recipe) -> str:
    """The third-party packages of a layer with hashes, as uv.lock has them.

    Raises:
        LayerError: uv is missing or fails.
    """
    return _uv(*EXPORT, *recipe.export)


def install(folder: Path, requirements: Path, target: Target) -> None:
    """Fills `folder` with what `requirements` names, for `target`, less what nobody needs.

    Only wheels are taken, and only those whose hashes are locked; nothing is compiled.

    Raises:
        LayerError: uv is missing or fails.
    """
    _uv(
        # Copies, because links would share their times and modes with uv's cache and with .venv.
        *("pip", "install", "--quiet", "--link-mode", "copy"),
        *("--target", str(folder), "--python", sys.executable, "--python-version", "3.13"),
        *PLATFORM[target],
        *("--only-binary", ":all:", "--no-deps", "--require-hashes", "-r", str(requirements)),
    )
    trim(folder)


def _uv(*arguments: str) -> str:
    uv = shutil.which("uv") or os.environ.get("UV")
    if uv is None:
        raise LayerError("uv is not on the PATH")
    done = subprocess.run(  # noqa: S603  # our own words, no shell
        [uv, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise LayerError(f"uv {arguments[0]} failed:\n{done.stderr.strip()}")
    return done.stdout
