"""The running stack's facts, in a file, so that other commands find it."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from infra.local.failure import LocalError
from infra.local.places import STATE, is_alive
from infra.local.ports import is_open


class Keys(BaseModel):
    """API keys of the local workspace, in clear: they open nothing else."""

    model_config = ConfigDict(frozen=True)

    secret: str
    publishable: str


class Running(BaseModel):
    """A running local stack.

    Attributes:
        pid: The process that holds it; it ends with it.
        base_url: Where clients send requests.
        endpoint: The emulator's address, for AWS clients.
        cache_url: The Valkey server.
        resources: Physical ids by CloudFormation type.
        processes: Process ids by name.
        logs: What the processes print.
        model_url: The scripted model server, where one was asked for.
        keys: Keys for requests, once the example is applied.
    """

    model_config = ConfigDict(frozen=True)

    pid: int
    base_url: str
    endpoint: str
    cache_url: str
    resources: dict[str, tuple[str, ...]]
    processes: dict[str, int]
    logs: Path
    model_url: str | None = None
    keys: Keys | None = None

    @property
    def port(self) -> int:
        """Where the front listens."""
        return int(self.base_url.rpartition(":")[2])

    @property
    def functions(self) -> tuple[str, ...]:
        """Names of the functions, as in AWS."""
        return tuple(sorted(self.resources.get("AWS::Lambda::Function", ())))

    def write(self, file: Path = STATE) -> None:
        """Makes it known."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self.model_dump_json(indent=2))
        file.chmod(0o600)


def running(file: Path = STATE) -> Running:
    """The running stack.

    Raises:
        LocalError: none runs.
    """
    found = read(file)
    if found is None:
        raise LocalError("Nothing is running here; start it with `uv run cairn up`.")
    return found


def read(file: Path = STATE) -> Running | None:
    """The running stack, or None where none runs."""
    if not file.is_file():
        return None
    found = Running.model_validate_json(file.read_text())
    return found if is_alive(found.pid) and is_open(found.port) else None


def refuse_second(file: Path = STATE) -> None:
    """Checks that no stack runs in this checkout.

    Raises:
        LocalError: one does.
    """
    found = read(file)
    if found is not None:
        raise LocalError(
            f"Cairn runs here already, at {found.base_url} (process {found.pid}); end it first."
        )
