"""The template of the local environment, synthesized anew only when its sources changed."""

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from infra.local.failure import LocalError
from infra.local.places import ROOT

SOURCES = (
    "cdk.json",
    "functions",
    "infra/catalog.py",
    "infra/config.py",
    "infra/constructs",
    "infra/local/assemble.py",
    "infra/stacks",
    "infra/synthesis.py",
    "layers",
    "shared",
    "uv.lock",
)
"""Whatever can change the template or an asset."""

PROGRAM = ("-m", "infra.local.assemble")
"""Writes an assembly into the folder it is given."""

KEPT = 3
"""Assemblies that stay, such as those of two branches."""


def synthesize(home: Path) -> Path:
    """The cloud assembly of today's sources, made unless it was made before.

    Args:
        home: Where assemblies are kept, each in a folder named by what it was made from.

    Raises:
        LocalError: node is missing, or the CDK code fails.
    """
    assembly = home / _fingerprint()
    if not assembly.exists():
        if shutil.which("node") is None:
            raise LocalError("node is missing, which the CDK needs; install Node.js 22 or newer.")
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home, prefix="draft-") as draft:
            _run_app(Path(draft) / "out")
            (Path(draft) / "out").rename(assembly)
        _forget_old(home)
    return assembly


def _run_app(folder: Path) -> None:
    done = subprocess.run(  # noqa: S603  # our own words, no shell
        [sys.executable, *PROGRAM, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LocalError(f"The template does not synthesize: {_reason(done.stderr)}")


def _reason(output: str) -> str:
    """The exception's own line, which node's warnings may surround."""
    lines = [line for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"[\w.]*(Error|Exception)\b", line)]
    return (errors or lines or ["it says nothing."])[-1]


def _forget_old(home: Path) -> None:
    for old in sorted(home.iterdir(), key=lambda path: path.stat().st_mtime)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def _fingerprint() -> str:
    digest = hashlib.sha256(sys.version.encode())
    for file in _sources():
        digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0")
        digest.update(file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _sources() -> Iterator[Path]:
    for name in SOURCES:
        source = ROOT / name
        files = [source] if source.is_file() else sorted(source.rglob("*"))
        yield from (file for file in files if file.is_file() and "__pycache__" not in file.parts)
