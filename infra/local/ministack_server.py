"""Starts the emulator with five repairs for which it has no setting.

    python -I ministack_server.py FOLDER

Functions run by our worker (see `ministack_worker.py`). Each layer is unpacked once into FOLDER
instead of once for each worker, which saves seconds and keeps compiled bytecode. The log of an
invocation is read up to its end mark, instead of waiting for 5 to 50 ms whether more comes. A
batch from a FIFO queue holds one message group, so that groups are folded side by side. A condition
is read once instead of for each item of a query, which takes seconds where there are thousands.
The emulator's version is locked, so the names replaced here are known to exist.

It runs in the emulator's environment and knows nothing of this repository.
"""

import fcntl
import hashlib
import importlib
import io
import queue
import shutil
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Protocol

WORKER = Path(__file__).with_name("ministack_worker.py")
POINTER = "unpacked-at"
END_OF_LOG = "\x1eend of log"
LOG_PATIENCE_S = 0.25
"""For a handler that closed its standard error."""

KEPT = 4
"""Unpacked layers that stay."""

BATCHES_AT_ONCE = 2
"""Batches of one queue that functions work on side by side; more would only wait for a core."""

READING: tuple[str, ...] = ("_tokenize", "_condition_syntax_error")
"""Functions of the emulator that read a condition, and depend on nothing else."""

CONDITIONS = 1_000
"""Conditions whose reading is kept."""


class Worker(Protocol):
    """What is used of the emulator's worker."""

    _stderr_queue: queue.Queue[str]


type Attachment = str | dict[str, object]
type Resolve = Callable[[Attachment], bytes | None]
type Message = dict[str, object]
type Waiting = dict[str, list[Message]]
type Collect = Callable[[Waiting, int, int, float], list[Message]]


def main(folder: Path) -> None:
    """Repairs the emulator and serves until it is told to end."""
    runtime = importlib.import_module("ministack.core.lambda_runtime")
    functions = importlib.import_module("ministack.services.lambda_svc")
    replace(runtime, "_PYTHON_WORKER_SCRIPT", WORKER.read_text())
    replace(functions, "_resolve_layer_zip", unpacking(functions._resolve_layer_zip, folder))  # noqa: SLF001  # no public seam
    replace(runtime.Worker, "_drain_stderr_bounded", log_of_invocation)
    queues = importlib.import_module("ministack.services.sqs")
    replace(queues, "_collect_fifo", one_group(queues._collect_fifo))  # noqa: SLF001  # no public seam
    replace(functions, "_sqs_esm_concurrency", lambda *_: BATCHES_AT_ONCE)
    tables = importlib.import_module("ministack.services.dynamodb")
    for name in READING:
        replace(tables, name, lru_cache(maxsize=CONDITIONS)(getattr(tables, name)))
    sys.argv[1:] = []
    importlib.import_module("ministack.app").main()


def replace(module: object, name: str, value: object) -> None:
    """Sets an attribute that must be there already.

    Raises:
        AttributeError: it is not: another version of the emulator.
    """
    getattr(module, name)
    setattr(module, name, value)


def one_group(collect: Collect) -> Collect:
    """A `collect` that takes messages of one group only: the first that has any to give."""

    def collected(waiting: Waiting, most: int, hidden_s: int, now: float) -> list[Message]:
        messages = waiting["messages"]
        for group in dict.fromkeys(message["group_id"] for message in messages):
            members = [message for message in messages if message["group_id"] == group]
            if taken := collect({**waiting, "messages": members}, most, hidden_s, now):
                return taken
        return []

    return collected


def log_of_invocation(worker: Worker) -> str:
    """What the function logged in the invocation that just ended."""
    lines = []
    with suppress(queue.Empty):
        while (line := worker._stderr_queue.get(timeout=LOG_PATIENCE_S)) != END_OF_LOG:  # noqa: SLF001  # no public seam
            lines.append(line)
    return "\n".join(lines)


def unpacking(resolve: Resolve, folder: Path) -> Resolve:
    """A `resolve` that unpacks a layer once and gives an archive that only points there."""
    known: dict[str, bytes] = {}
    lock = threading.Lock()

    def point(attachment: Attachment) -> bytes | None:
        key = str(attachment)
        with lock:
            if key not in known:
                archive = resolve(attachment)
                if archive is None:
                    return None
                known[key] = archive if is_pointer(archive) else pointer_to(unpack(archive, folder))
            return known[key]

    return point


def is_pointer(archive: bytes) -> bool:
    """Whether a layer never was packed: its archive only tells where it was built."""
    with zipfile.ZipFile(io.BytesIO(archive)) as content:
        return content.namelist() == [POINTER]


def unpack(archive: bytes, folder: Path) -> Path:
    """A folder with the archive's content, as links to packages that layers share.

    A package that did not change keeps the bytecode that functions compiled for it, so that an
    edit of one package costs the compiling of one. Packages are told apart by the archive's own
    checksums.
    """
    with _alone(folder), zipfile.ZipFile(io.BytesIO(archive)) as content:
        target = folder / "layers" / _hash(content.infolist())
        if not target.exists():
            _link_packages(content, target, folder)
        target.touch()
        _forget_old(folder)
    return target


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _link_packages(content: zipfile.ZipFile, target: Path, folder: Path) -> None:
    packages: dict[PurePosixPath, list[zipfile.ZipInfo]] = {}
    for member in content.infolist():
        if not member.is_dir():
            name = PurePosixPath(*PurePosixPath(member.filename).parts[:2])
            packages.setdefault(name, []).append(member)
    draft = Path(tempfile.mkdtemp(dir=folder, prefix="draft-")) / "layer"
    for name, members in packages.items():
        package = folder / "packages" / _hash(members)
        if not package.exists():
            content.extractall(draft.parent / package.name, members)
            package.parent.mkdir(exist_ok=True)
            (draft.parent / package.name).rename(package)
        (draft / name).parent.mkdir(parents=True, exist_ok=True)
        (draft / name).symlink_to(package / name)
    target.parent.mkdir(exist_ok=True)
    draft.rename(target)
    draft.parent.rmdir()


def _hash(members: Iterable[zipfile.ZipInfo]) -> str:
    known = sorted(f"{each.filename} {each.CRC} {each.file_size}" for each in members)
    return hashlib.sha256("\n".join(known).encode()).hexdigest()[:16]


def _forget_old(folder: Path) -> None:
    layers = sorted((folder / "layers").iterdir(), key=lambda path: path.stat().st_mtime)
    for old in layers[:-KEPT]:
        shutil.rmtree(old)
    links = (link for layer in layers[-KEPT:] for link in layer.glob("*/*"))
    needed = {link.readlink().parents[1] for link in links if link.is_symlink()}
    for package in (folder / "packages").iterdir():
        if package not in needed:
            shutil.rmtree(package)


def pointer_to(target: Path) -> bytes:
    """A zip whose only file names `target`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(POINTER, str(target))
    return buffer.getvalue()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
