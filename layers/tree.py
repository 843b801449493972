"""A folder as a value: which files it holds, what they weigh and the hash of them all."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

EPOCH_S = 315_532_800
"""1980-01-01, the earliest time a zip can carry; every file of a layer has it."""


def files_of(root: Path) -> list[Path]:
    """Every file below `root`, in a stable order."""
    return sorted(path for path in root.rglob("*") if path.is_file())


def sources_of(root: Path) -> list[Path]:
    """Every file below `root` but compiled bytecode, in a stable order."""
    return [path for path in files_of(root) if path.suffix != ".pyc"]


def tree_hash(root: Path, files: Iterable[Path] | None = None) -> str:
    """SHA-256 over the relative paths, executable bits and bytes of `files`.

    Args:
        root: What the paths are relative to.
        files: Which files count; all below `root` if not given.

    Returns:
        64 hexadecimal digits, equal for equal trees wherever and whenever they were made.
    """
    digest = hashlib.sha256()
    for file in files_of(root) if files is None else files:
        content = file.read_bytes()
        mark = "x" if os.access(file, os.X_OK) else "-"
        digest.update(f"{file.relative_to(root).as_posix()}\0{mark}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def weigh(root: Path) -> dict[str, int]:
    """Bytes by the first name below `root`, the heaviest first."""
    sizes: dict[str, int] = {}
    for file in files_of(root):
        name = file.relative_to(root).parts[0]
        sizes[name] = sizes.get(name, 0) + file.stat().st_size
    return dict(sorted(sizes.items(), key=lambda item: (-item[1], item[0])))


def settle(root: Path) -> None:
    """Gives every file below `root` the same time and one of two modes, so that zips repeat."""
    for file in files_of(root):
        file.chmod(0o755 if os.access(file, os.X_OK) else 0o644)
        os.utime(file, (EPOCH_S, EPOCH_S))
